//! The cache, over files on disk.
