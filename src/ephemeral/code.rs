//! Verification codes as pure rules. There is one slot per address and purpose. `scripts/redeem.lua` implements the
//! same rules for Redis.
//!
//! A slot contains the newest code and, separately, the number of wrong codes. Wrong codes are counted only while a
//! code is active: otherwise there is nothing to guess, and a stranger could lock any address. The count outlives the
//! code and is deleted when `window` has passed since the last wrong code. If the window is at least as long as the
//! lifetime of a code, resending does not allow more attempts.

/// How long an expired or redeemed code is still distinguished from a wrong one, in microseconds.
pub(super) const REMEMBERED: i64 = 3_600_000_000;

/// A code to store.
#[derive(Clone)]
pub struct NewCode {
    /// The id of this code. It is never shown.
    pub id: String,
    /// Keyed digest of purpose, address and code, in printable characters.
    pub digest: String,
    /// Microseconds since the Unix epoch.
    pub expires: i64,
}

/// How many wrong codes are accepted per slot.
#[derive(Clone, Copy, Debug)]
pub struct Attempts {
    pub max: i64,
    /// Microseconds.
    pub window: i64,
}

/// The result of redeeming a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The code is valid and now used. `id` is the id of the code.
    Valid { id: String },
    /// The code is wrong, or none was issued.
    Wrong { left: i64 },
    /// The code has expired.
    Expired { left: i64 },
    /// The code was redeemed before.
    UsedUp { left: i64 },
    /// Too many wrong codes were tried. `until`: when codes are accepted again, in microseconds since the Unix epoch.
    Locked { until: i64 },
}

/// The stored state of a slot.
#[derive(Clone, Default)]
pub(super) struct Slot {
    code: Option<Kept>,
    wrong: i64,
    /// When the number of wrong codes is reset.
    until: i64,
}

#[derive(Clone)]
struct Kept {
    code: NewCode,
    redeemed: bool,
}

impl Slot {
    /// Stores the newest code in place of any earlier one. The number of wrong codes is kept.
    pub(super) fn issue(&mut self, code: NewCode) {
        self.code = Some(Kept { code, redeemed: false });
    }

    pub(super) fn redeem(&mut self, digest: &str, attempts: Attempts, now: i64) -> Redeemed {
        if now >= self.until {
            self.wrong = 0;
        }
        if self.wrong >= attempts.max {
            return Redeemed::Locked { until: self.until };
        }
        let left = attempts.max - self.wrong;
        let live = self.is_live(now);
        // The digests are keyed, so the time of the comparison reveals nothing.
        let kept = self.code.as_mut();
        match kept.filter(|kept| kept.code.digest == digest && now < kept.code.expires + REMEMBERED) {
            Some(kept) if kept.redeemed => Redeemed::UsedUp { left },
            Some(kept) if now >= kept.code.expires => Redeemed::Expired { left },
            Some(kept) => {
                kept.redeemed = true;
                self.wrong = 0;
                Redeemed::Valid { id: kept.code.id.clone() }
            }
            None if !live => Redeemed::Wrong { left },
            None => {
                self.wrong += 1;
                self.until = now + attempts.window;
                Redeemed::Wrong { left: left - 1 }
            }
        }
    }

    fn is_live(&self, now: i64) -> bool {
        self.code.as_ref().is_some_and(|kept| !kept.redeemed && now < kept.code.expires)
    }

    /// Makes the code `id` redeemable again, unless a newer one was issued.
    pub(super) fn restore(&mut self, id: &str) {
        if let Some(kept) = self.code.as_mut().filter(|kept| kept.code.id == id) {
            kept.redeemed = false;
        }
    }

    /// Deletes the code `id` (`None`: any code), unless a newer one was issued or it was redeemed.
    pub(super) fn withdraw(&mut self, id: Option<&str>) {
        self.code.take_if(|kept| id.is_none_or(|id| kept.code.id == id) && !kept.redeemed);
    }

    /// Returns when the slot can be deleted.
    pub(super) fn ends(&self) -> i64 {
        let code = self.code.as_ref().map_or(0, |kept| kept.code.expires + REMEMBERED);
        code.max(self.until)
    }
}
