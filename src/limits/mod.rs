//! Rates and budgets, as named actions.
