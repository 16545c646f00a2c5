//! A few connections to the mail server that are used again.
//!
//! A connection returns to the pool only after a complete exchange. A connection whose exchange was cut off is closed,
//! because a late reply would be mistaken for the reply to the next mail.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::dialer::Dialer;
use crate::delivery::send::SendError;

/// How long to wait for the reply to `QUIT`. No mail depends on it.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);
/// Connections that were idle for longer are not used again. Mail servers close them after a few minutes.
const LONGEST_IDLE: Duration = Duration::from_secs(30);
/// Mail servers limit how many mails one connection may carry.
const MAILS_PER_CONNECTION: u32 = 100;

/// The connections of one gateway.
pub(super) struct Pool {
    dialer: Dialer,
    idle: Mutex<Vec<Idle>>,
    permits: Semaphore,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
    mails: u32,
}

/// A connection in use. It is closed when it is dropped, unless [`Lent::give_back`] is called.
pub(super) struct Lent<'a> {
    pub(super) connection: AsyncSmtpConnection,
    /// The number of mails that the connection has carried before.
    pub(super) mails: u32,
    pool: &'a Pool,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    /// `size` is the largest number of connections.
    pub(super) fn new(dialer: Dialer, size: usize) -> Self {
        Self { dialer, idle: Mutex::default(), permits: Semaphore::new(size) }
    }

    pub(super) fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// Returns an idle connection, or opens one. Waits while all connections are in use.
    pub(super) async fn take(&self) -> Result<Lent<'_>, SendError> {
        let permit = self.permit().await?;
        while let Some(idle) = self.pop() {
            if idle.since.elapsed() < LONGEST_IDLE {
                return Ok(Lent {
                    connection: idle.connection,
                    mails: idle.mails,
                    pool: self,
                    _permit: permit,
                });
            }
            quit(idle.connection).await;
        }
        let connection = self.dialer.connect().await?;
        Ok(Lent { connection, mails: 0, pool: self, _permit: permit })
    }

    /// Opens a new connection in the place of one that turned out to be closed.
    pub(super) async fn renew(&self, lent: Lent<'_>) -> Result<Lent<'_>, SendError> {
        // All idle connections are as old: the mail server may have restarted.
        drop(lent);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        drop(idle);
        let permit = self.permit().await?;
        let connection = self.dialer.connect().await?;
        Ok(Lent { connection, mails: 0, pool: self, _permit: permit })
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, SendError> {
        let permit = self.permits.acquire().await;
        permit.map_err(|_| SendError::Temporary("the connections to the mail server are closed".into()))
    }

    fn pop(&self) -> Option<Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl Lent<'_> {
    /// Returns the connection to the pool after a complete exchange.
    pub(super) async fn give_back(self) {
        let Self { connection, mails, pool, _permit } = self;
        if connection.has_broken() || mails + 1 >= MAILS_PER_CONNECTION {
            quit(connection).await;
            return;
        }
        let idle = Idle { connection, since: Instant::now(), mails: mails + 1 };
        pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
    }
}

/// Ends a connection that nobody needs.
pub(super) async fn quit(mut connection: AsyncSmtpConnection) {
    let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
}
