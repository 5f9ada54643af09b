;;; Opens a file with eglot or lsp-mode, sees the finding, goes there, applies the fix and saves. Whoever starts this
;;; compares the file on the disk.  -*- lexical-binding: t -*-

(require 'seq)

(defun steps-wait (what holds)
  "Wait until HOLDS returns something; fail with WHAT."
  (let ((end (+ (float-time) 30)) held)
    (while (not (setq held (funcall holds)))
      (when (> (float-time) end)
        (message "%s; modes: %S, diagnostics: %S" what major-mode (flymake-diagnostics))
        (message "%s" (with-current-buffer "*Messages*" (buffer-string)))
        (kill-emacs 1))
      (accept-process-output nil 0.02))
    held))

(defun steps-findings ()
  (seq-filter (lambda (it) (string-match-p (getenv "MESSAGE") (flymake-diagnostic-text it))) (flymake-diagnostics)))

(find-file (getenv "FILE"))
(unless (derived-mode-p 'typescript-ts-mode)
  (message "the mode is %S" major-mode)
  (kill-emacs 1))
(defvar steps-eglot (equal (getenv "CLIENT") "eglot"))
(if steps-eglot
    (call-interactively #'eglot)
  ;; What a package manager has loaded on demand.
  (mapc #'require '(lsp-mode lsp-lens lsp-diagnostics lsp-completion lsp-headerline lsp-modeline))
  ;; The answer of the user.
  (lsp-workspace-folders-add (expand-file-name "~/shop"))
  (call-interactively #'lsp))
(steps-wait "there is no finding"
            (lambda () (when (bound-and-true-p flymake-mode) (flymake-start) (steps-findings))))

(goto-char (point-min))
(flymake-goto-next-error)
(unless (= (line-number-at-pos) 8)
  (message "the finding is in line %d" (line-number-at-pos))
  (kill-emacs 1))

;; What the user chooses in the menu, at the keyboard.
(let ((last-nonmenu-event ?\r)
      (completing-read-function
       (lambda (_prompt actions &rest _)
         (or (seq-find (lambda (it) (string-match-p (getenv "FIX") it)) (all-completions "" actions))
             (error "The menu holds %S" actions)))))
  (call-interactively (if steps-eglot #'eglot-code-actions #'lsp-execute-code-action)))
(steps-wait "the fix is not applied" #'buffer-modified-p)
;; Without a user there are no idle times, in which edits are told; saving tells them too.
(save-buffer)
(steps-wait "the finding stays" (lambda () (flymake-start) (not (steps-findings))))
(if steps-eglot (eglot-shutdown (eglot-current-server)) (lsp-disconnect))
