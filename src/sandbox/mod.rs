//! Development only: the inbox page.
