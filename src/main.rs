//! The command line of Menjin.

fn main() {}
