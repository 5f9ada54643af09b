//! Writing files: whole or not at all, and never over what somebody else has just written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::interrupt::Unfinished;

/// A file as it was read, and as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Absolute.
    pub path: String,
    /// `None` creates the file.
    pub before: Option<String>,
    /// The whole text.
    pub after: String,
}

/// Why a change is not written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// Somebody else wrote it since.
    #[error("it has changed on disk since it was read")]
    Changed,
    /// It should have been created.
    #[error("it exists already")]
    Exists,
    /// Its owner does not want it to be written.
    #[error("it is read-only")]
    ReadOnly,
    /// The system refuses.
    #[error("{}", super::session::io_reason(.0))]
    Io(#[from] io::Error),
}

impl Change {
    /// Whether it can be written now.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn check(&self) -> Result<(), Unwritten> {
        let Some(before) = &self.before else {
            return match fs::symlink_metadata(&self.path) {
                Ok(_) => Err(Unwritten::Exists),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error.into()),
            };
        };
        if fs::read(&self.path)? != before.as_bytes() {
            return Err(Unwritten::Changed);
        }
        if fs::metadata(&self.path)?.permissions().readonly() {
            return Err(Unwritten::ReadOnly);
        }
        Ok(())
    }

    /// Writes it: to a new file beside it that then takes its place, with its permissions. A link stays a link.
    ///
    /// # Errors
    /// Why it is not written; the file is then as it was.
    pub fn write(&self) -> Result<(), Unwritten> {
        self.check()?;
        if self.before.is_none() {
            return self.create();
        }
        let target = fs::canonicalize(&self.path)?;
        let temporary = Temporary::beside(&target)?;
        (&temporary.file).write_all(self.after.as_bytes())?;
        temporary.file.set_permissions(fs::metadata(&target)?.permissions())?;
        temporary.file.sync_all()?;
        // The last look comes as late as it can.
        self.check()?;
        fs::rename(temporary.place.path(), &target)?;
        Ok(())
    }

    fn create(&self) -> Result<(), Unwritten> {
        let path = Path::new(&self.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        if let Err(error) = file.write_all(self.after.as_bytes()) {
            let _ = fs::remove_file(path);
            return Err(error.into());
        }
        Ok(())
    }
}

/// A file that is removed again unless it was renamed.
struct Temporary {
    file: File,
    place: Unfinished,
}

impl Temporary {
    fn beside(target: &Path) -> io::Result<Self> {
        let mut name = std::ffi::OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(format!(".{}.plimsoll", std::process::id()));
        let path = target.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok(Self { file, place: Unfinished::new(path) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &Path, before: Option<&str>, after: &str) -> Change {
        Change {
            path: path.to_str().expect("it is UTF-8").to_owned(),
            before: before.map(str::to_owned),
            after: after.to_owned(),
        }
    }

    fn names(folder: &Path) -> Vec<std::ffi::OsString> {
        let entries = fs::read_dir(folder).expect("it exists");
        entries.map(|entry| entry.expect("it is readable").file_name()).collect()
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("a.ts");
        fs::write(&path, "old\r\n").expect("it is writable");
        change(&path, Some("old\r\n"), "new\r\n").write().expect("nothing is in the way");
        assert_eq!(fs::read_to_string(&path).expect("it exists"), "new\r\n");
        assert_eq!(names(folder.path()), ["a.ts"]);
    }

    #[test]
    fn what_changed_since_is_left_alone() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("a.ts");
        fs::write(&path, "theirs").expect("it is writable");
        let refused = change(&path, Some("old"), "new").write();
        assert!(matches!(refused, Err(Unwritten::Changed)), "{refused:?}");
        let refused = change(&path, None, "new").write();
        assert!(matches!(refused, Err(Unwritten::Exists)), "{refused:?}");
        assert_eq!(fs::read_to_string(&path).expect("it exists"), "theirs");
        assert_eq!(names(folder.path()), ["a.ts"]);
    }

    #[test]
    fn a_new_file_gets_its_folders() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("migrations/1/up.sql");
        change(&path, None, "create").write().expect("nothing is in the way");
        assert_eq!(fs::read_to_string(&path).expect("it exists"), "create");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("there is room");
        let (path, link) = (folder.path().join("a.rs"), folder.path().join("b.rs"));
        fs::write(&path, "old").expect("it is writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o751)).expect("it is ours");
        symlink(&path, &link).expect("there is room");
        change(&link, Some("old"), "new").write().expect("nothing is in the way");
        assert!(fs::symlink_metadata(&link).expect("it exists").is_symlink());
        assert_eq!(fs::metadata(&path).expect("it exists").permissions().mode() & 0o777, 0o751);
        assert_eq!(fs::read_to_string(&path).expect("it exists"), "new");

        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("it is ours");
        let refused = change(&path, Some("new"), "newer").write();
        assert!(matches!(refused, Err(Unwritten::ReadOnly)), "{refused:?}");
    }
}
