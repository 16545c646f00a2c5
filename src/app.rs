//! The composition root: the only place where adapters are chosen and services are built.
