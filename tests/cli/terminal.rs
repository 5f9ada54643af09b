//! On a terminal: colours, a progress bar while work takes long, and what an interruption leaves.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::project::Project;

/// A terminal, and what was written to it so far.
struct Terminal {
    device: File,
    written: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    fn new() -> Self {
        let controller: OwnedFd =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
        grantpt(&controller).expect("it is ours");
        unlockpt(&controller).expect("it is ours");
        let name = ptsname(&controller, Vec::new()).expect("it has a name");
        let device = File::options().read(true).write(true).open(name.to_str().expect("it is text"));
        let written = Arc::new(Mutex::new(Vec::new()));
        let reader = std::thread::spawn({
            let (mut controller, written) = (File::from(controller), Arc::clone(&written));
            move || {
                let mut bytes = [0; 4096];
                // Once nobody has the other side open any more, reading is an error.
                while let Ok(count @ 1..) = controller.read(&mut bytes) {
                    written.lock().expect("nobody panics").extend_from_slice(&bytes[..count]);
                }
            }
        });
        Self { device: device.expect("it can be opened"), written, reader }
    }

    fn stdio(&self) -> Stdio {
        self.device.try_clone().expect("it is open").into()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().expect("nobody panics")).into_owned()
    }

    /// All that was written, once nobody writes any more.
    fn end(self) -> String {
        drop(self.device);
        self.reader.join().expect("it ends");
        String::from_utf8_lossy(&self.written.lock().expect("nobody panics")).into_owned()
    }
}

fn check(project: &Project) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(["check", "--jobs", "1"]).current_dir(project.path()).stdin(Stdio::null());
    command.env("TERM", "xterm").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("CI");
    command
}

/// A project that takes a while.
fn long_work() -> Project {
    let function = "export async function f(ids: number[]) {\n  const all = []\n  for (const id of ids) all.push(await load(id, { a: [id], b: () => all }))\n  return all\n}\n";
    let project = Project::new(&[("package.json", "{}")]);
    for number in 0..400 {
        project.write_bytes(&format!("src/{number}.ts"), function.repeat(40).as_bytes());
    }
    project
}

/// Waits until something is so.
fn wait_until(mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "it takes too long");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn status(mut child: Child) -> Option<i32> {
    child.wait().expect("it ends").code()
}

#[test]
fn a_bar_shows_itself_on_standard_error_and_goes_away() {
    let project = long_work();
    let (stdout, stderr) = (Terminal::new(), Terminal::new());
    let child = check(&project).stdout(stdout.stdio()).stderr(stderr.stdio()).spawn().expect("it was built");
    assert_eq!(status(child), Some(0));
    let (stdout, stderr) = (stdout.end(), stderr.end());
    assert_eq!(stdout, "no findings in 400 files\r\n");
    assert!(stderr.contains("/400 files"), "{stderr:?}");
    // The last that is done to the line is to clear it.
    assert!(stderr.trim_end_matches('\r').ends_with("\u{1b}[2K"), "{stderr:?}");
    assert!(!stderr.contains('\n'), "{stderr:?}");
}

#[test]
fn short_work_shows_no_bar() {
    let project = Project::new(&[("a.rs", "// plimsoll-ignore n-plus-one: few\nfn a() {}\n")]);
    let (stdout, stderr) = (Terminal::new(), Terminal::new());
    let child = check(&project).stdout(stdout.stdio()).stderr(stderr.stdio()).spawn().expect("it was built");
    assert_eq!(status(child), Some(1));
    assert!(stdout.end().contains("\u{1b}["), "a terminal has colours");
    assert_eq!(stderr.end(), "");
}

#[test]
fn an_interruption_ends_at_once_and_leaves_nothing_half_done() {
    let project = long_work();
    let stderr = Terminal::new();
    let child = check(&project).stdout(Stdio::null()).stderr(stderr.stdio()).spawn().expect("it was built");
    wait_until(|| stderr.text().contains("/400 files"));
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupted.expect("the system has it").success());
    assert_eq!(status(child), Some(130));
    let said = stderr.end();
    assert!(said.trim_end_matches('\r').ends_with("\u{1b}[2K"), "{said:?}");
    let left = std::fs::read_dir(project.path().join(".plimsoll/cache")).expect("it was begun");
    let left: Vec<_> = left.flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, [".gitignore"]);
    // What comes after is as if nothing had been.
    let run = project.run(&["check"]);
    assert_eq!((run.status, &*run.stdout, &*run.stderr), (0, "no findings in 400 files\n", ""));
}
