//! One file per figure; a figure is data first and drawing second.
