//! Codes as a pure rule: one slot for each address and purpose. `scripts/redeem.lua` says the same for Redis.
//!
//! A slot holds the newest code and, apart from it, the count of wrong ones. Codes are counted as wrong while one is
//! good: otherwise there is nothing to guess, and a stranger could shut any address by trying. The count outlives the
//! code: it is forgotten when `window` has passed since the last wrong one, so with a window not shorter than the life
//! of a code nobody gets more tries at a code than the setting says, however often it is sent again.

/// How long a code that has expired, or was redeemed, is still told from a wrong one: microseconds.
pub(super) const REMEMBERED: i64 = 3_600_000_000;

/// A code to keep.
#[derive(Clone)]
pub struct NewCode {
    /// Names this issue of the code; never shown to anybody.
    pub id: String,
    /// Keyed digest of purpose, address and code, in printable characters.
    pub digest: String,
    /// Microseconds since the Unix epoch.
    pub expires: i64,
}

/// How many wrong codes a slot takes.
#[derive(Clone, Copy, Debug)]
pub struct Attempts {
    pub max: i64,
    /// Microseconds.
    pub window: i64,
}

/// What a code that was tried turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// The right one; it is used up from now on. The id is that of its issue.
    Valid { id: String },
    /// Another one than was sent, or none was sent.
    Wrong { left: i64 },
    /// The right one, too late.
    Expired { left: i64 },
    /// The right one, redeemed before; or, with none left, too many wrong ones came first.
    UsedUp { left: i64 },
}

/// What is remembered of a slot.
#[derive(Clone, Default)]
pub(super) struct Slot {
    code: Option<Kept>,
    wrong: i64,
    /// When the wrong ones are forgotten.
    until: i64,
}

#[derive(Clone)]
struct Kept {
    code: NewCode,
    redeemed: bool,
}

impl Slot {
    /// The newest code takes the place of any before it; the wrong ones stay counted.
    pub(super) fn issue(&mut self, code: NewCode) {
        self.code = Some(Kept { code, redeemed: false });
    }

    pub(super) fn redeem(&mut self, digest: &str, attempts: Attempts, now: i64) -> Redeemed {
        if now >= self.until {
            self.wrong = 0;
        }
        if self.wrong >= attempts.max {
            return Redeemed::UsedUp { left: 0 };
        }
        let left = attempts.max - self.wrong;
        let live = self.is_live(now);
        // Digests under a secret key: comparing them takes no time that a stranger could learn from.
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

    /// Makes the code of issue `id` good again, unless a newer one was issued.
    pub(super) fn restore(&mut self, id: &str) {
        if let Some(kept) = self.code.as_mut().filter(|kept| kept.code.id == id) {
            kept.redeemed = false;
        }
    }

    /// Forgets the code of issue `id` (`None`: whichever is there), unless a newer one was issued or it was redeemed.
    pub(super) fn withdraw(&mut self, id: Option<&str>) {
        self.code.take_if(|kept| id.is_none_or(|id| kept.code.id == id) && !kept.redeemed);
    }

    /// When nothing in here means anything any more.
    pub(super) fn ends(&self) -> i64 {
        let code = self.code.as_ref().map_or(0, |kept| kept.code.expires + REMEMBERED);
        code.max(self.until)
    }
}
