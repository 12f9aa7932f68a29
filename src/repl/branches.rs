//! Branches of a study and their versions: lists of cells that share what did not change.

use std::sync::Arc;

use super::cells::Cell;

pub type Cells = Vec<Arc<Cell>>;

/// A line of versions, the last one done last; what was undone stays until something else is done.
#[derive(Clone, Debug)]
pub struct Branch {
    pub name: String,
    versions: Vec<Cells>,
    at: usize,
}

impl Branch {
    pub fn new(name: impl Into<String>, cells: Cells) -> Self {
        Branch { name: name.into(), versions: vec![cells], at: 0 }
    }

    pub fn cells(&self) -> &Cells {
        // `at` is the place of a version from the first on.
        &self.versions[self.at]
    }

    /// The version before the one at hand.
    pub fn before(&self) -> Option<&Cells> {
        self.versions.get(self.at.checked_sub(1)?)
    }

    pub fn commit(&mut self, cells: Cells) {
        self.versions.truncate(self.at + 1);
        self.versions.push(cells);
        self.at += 1;
    }

    /// Takes the last version back for good.
    pub fn take_back(&mut self) {
        if self.undo() {
            self.versions.truncate(self.at + 1);
        }
    }

    /// Back by one version; whether there was one.
    pub fn undo(&mut self) -> bool {
        let can = self.at > 0;
        self.at -= usize::from(can);
        can
    }

    pub fn redo(&mut self) -> bool {
        let can = self.at + 1 < self.versions.len();
        self.at += usize::from(can);
        can
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::cells::Subject;

    #[test]
    fn undone_and_done_again() {
        let cell = |number| {
            Arc::new(Cell { number, text: String::new(), blank_before: false, subject: Subject::Asked(String::new()) })
        };
        let mut branch = Branch::new("main", Vec::new());
        assert!(!branch.undo());
        branch.commit(vec![cell(1)]);
        branch.commit(vec![cell(1), cell(2)]);
        assert!(branch.undo());
        assert_eq!(branch.cells().len(), 1);
        assert!(branch.redo() && !branch.redo());
        assert!(branch.undo());
        branch.commit(vec![cell(3)]);
        assert!(!branch.redo());
        assert_eq!(branch.before().map(Vec::len), Some(1));
        branch.take_back();
        assert_eq!(branch.cells().len(), 1);
        assert!(!branch.redo());
    }
}
