//! The chromosomes of a file: names, lengths, and the way from a name to its place in the list.

use std::collections::HashMap;
use std::path::Path;

use crate::error::{Error, FileKind, Result};

/// How many names an error message lists.
const NAMES_IN_MESSAGES: usize = 5;

/// A chromosome, contig or scaffold of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chrom {
    /// The name as the file spells it.
    pub name: String,
    /// The length in bp.
    pub size: u32,
}

impl Chrom {
    /// Fails if `start..end` is not inside it; the error names the file.
    pub(crate) fn check_inside(
        &self,
        (start, end): (u32, u64),
        kind: FileKind,
        path: &Path,
    ) -> Result<()> {
        if u64::from(start) <= end && end <= self.size.into() {
            return Ok(());
        }
        Err(Error::OutOfBounds {
            kind,
            path: path.to_path_buf(),
            chrom: self.name.clone(),
            start: start.into(),
            end: end as i64,
            size: self.size,
        })
    }
}

/// The chromosomes of one file, in the file's order, with unique names.
#[derive(Debug, Default)]
pub(crate) struct ChromList {
    chroms: Vec<Chrom>,
    by_name: HashMap<String, usize>,
}

impl ChromList {
    /// Appends a chromosome, or gives its name back if that is taken.
    pub(crate) fn push(&mut self, chrom: Chrom) -> std::result::Result<(), String> {
        let place = self.chroms.len();
        if self.by_name.insert(chrom.name.clone(), place).is_some() {
            return Err(chrom.name);
        }
        self.chroms.push(chrom);
        Ok(())
    }

    pub(crate) fn as_slice(&self) -> &[Chrom] {
        &self.chroms
    }

    pub(crate) fn get(&self, chrom: usize) -> Option<&Chrom> {
        self.chroms.get(chrom)
    }

    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The place of a name, or the error that says which names the file has.
    pub(crate) fn require(&self, name: &str, kind: FileKind, path: &Path) -> Result<usize> {
        self.index(name).ok_or_else(|| Error::UnknownChrom {
            kind,
            path: path.to_path_buf(),
            chrom: name.to_owned(),
            known: self.known(),
        })
    }

    /// The first few names in words, for the message about an unknown one.
    fn known(&self) -> String {
        if self.chroms.is_empty() {
            return "it has none at all".into();
        }
        let names: Vec<&str> = self.chroms.iter().map(|chrom| &*chrom.name).collect();
        format!("it has {}", in_words(&names))
    }
}

/// The first few names, and how many more there are.
pub(crate) fn in_words<T: AsRef<str>>(names: &[T]) -> String {
    let (shown, rest) = names.split_at(names.len().min(NAMES_IN_MESSAGES));
    let shown: Vec<&str> = shown.iter().map(AsRef::as_ref).collect();
    let shown = shown.join(", ");
    match rest.len() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        let chrom = |name: &str, size| Chrom {
            name: name.into(),
            size,
        };
        let mut list = ChromList::default();
        assert_eq!(list.known(), "it has none at all");
        assert_eq!(list.push(chrom("chr2", 20)), Ok(()));
        assert_eq!(list.push(chrom("chr1", 10)), Ok(()));
        assert_eq!(list.index("chr1"), Some(1));
        assert_eq!(list.index("1"), None);
        assert_eq!(list.known(), "it has chr2, chr1");
        assert_eq!(list.push(chrom("chr2", 5)), Err("chr2".to_owned()));
    }

    #[test]
    fn long_lists_are_cut_in_messages() {
        let mut list = ChromList::default();
        for number in 1..=7 {
            let name = number.to_string();
            assert!(list.push(Chrom { name, size: 1 }).is_ok());
        }
        assert_eq!(list.known(), "it has 1, 2, 3, 4, 5 and 2 more");
    }
}
