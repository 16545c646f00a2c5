//! Opens connections to the mail server.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::replies::{classify, timed_out, unreachable};
use crate::config::delivery::{SmtpSecurity, SmtpSettings};
use crate::core::secret::ExposeSecret as _;
use crate::delivery::send::SendError;

/// Connects, encrypts and authenticates.
pub(super) struct Dialer {
    settings: SmtpSettings,
    security: Security,
    hello: ClientId,
}

enum Security {
    Plain,
    StartTls(TlsParameters),
    Tls(TlsConnector, ServerName<'static>),
}

/// The configured host is not a valid TLS server name, or the root certificates cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("TLS for the mail server cannot be set up: {0}")]
pub struct SmtpSetupError(String);

impl SmtpSetupError {
    #[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
    fn new(cause: impl ToString) -> Self {
        Self(cause.to_string())
    }
}

impl Dialer {
    /// Prepares TLS. Does not connect yet.
    pub(super) fn new(settings: &SmtpSettings) -> Result<Self, SmtpSetupError> {
        let security = match settings.security {
            SmtpSecurity::Plain => Security::Plain,
            SmtpSecurity::StartTls => Security::StartTls(starttls(settings)?),
            SmtpSecurity::Tls => {
                let name = ServerName::try_from(bare(&settings.host).to_owned());
                Security::Tls(connector(settings)?, name.map_err(SmtpSetupError::new)?)
            }
        };
        Ok(Self { settings: settings.clone(), security, hello: ClientId::default() })
    }

    /// Opens a connection on which mails can be sent.
    pub(super) async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let address = (bare(&self.settings.host), self.settings.port);
        let stream = match tokio::time::timeout(self.settings.timeout, TcpStream::connect(address)).await {
            Ok(stream) => stream.map_err(|error| unreachable(&error))?,
            Err(_) => return Err(timed_out()),
        };
        // Commands are small. Without this, each of them would wait for the acknowledgement of the one before.
        stream.set_nodelay(true).map_err(|error| unreachable(&error))?;
        let stream: Box<dyn AsyncTokioStream> = match &self.security {
            Security::Plain | Security::StartTls(_) => Box::new(stream),
            Security::Tls(connector, name) => {
                let handshake = connector.connect(name.clone(), stream);
                let encrypted = tokio::time::timeout(self.settings.timeout, handshake).await;
                let encrypted = encrypted.map_err(|_| timed_out())?;
                Box::new(Encrypted(encrypted.map_err(|error| not_encrypted(&error))?))
            }
        };
        let greeting = AsyncSmtpConnection::connect_with_transport(stream, &self.hello);
        let mut connection = self.step(greeting).await?;
        if let Security::StartTls(tls) = &self.security {
            // lettre returns an error if the server does not offer STARTTLS, so nothing is sent unencrypted.
            self.step(connection.starttls(tls.clone(), &self.hello)).await?;
        }
        if let Some(account) = &self.settings.credentials {
            let password = account.password.expose_secret().to_owned();
            let account = Credentials::new(account.username.clone(), password);
            self.step(connection.auth(DEFAULT_MECHANISMS, &account)).await?;
        }
        Ok(connection)
    }

    /// Applies the timeout to one step of the exchange.
    pub(super) async fn step<T>(&self, step: impl Future<Output = Result<T, Error>>) -> Result<T, SendError> {
        match tokio::time::timeout(self.settings.timeout, step).await {
            Ok(result) => result.map_err(|error| classify(&error)),
            Err(_) => Err(timed_out()),
        }
    }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn starttls(settings: &SmtpSettings) -> Result<TlsParameters, SmtpSetupError> {
    let mut builder = TlsParameters::builder(bare(&settings.host).to_owned());
    if let Some(pem) = &settings.ca {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(SmtpSetupError::new)?);
    }
    builder.build().map_err(SmtpSetupError::new)
}

fn connector(settings: &SmtpSettings) -> Result<TlsConnector, SmtpSetupError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let roots: Result<Vec<_>, _> =
        settings.ca.iter().flat_map(|pem| CertificateDer::pem_slice_iter(pem)).collect();
    let roots = roots.map_err(SmtpSetupError::new)?;
    let verifier =
        Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(SmtpSetupError::new)?;
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SmtpSetupError::new)?
        .dangerous() // the name of a constructor that takes any verifier; this one is that of the system
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// rustls reports an invalid certificate as an error of the kind `InvalidData`.
fn not_encrypted(error: &io::Error) -> SendError {
    if error.kind() == io::ErrorKind::InvalidData {
        return SendError::Temporary("TLS with the mail server failed".into());
    }
    unreachable(error)
}

/// A connection that is encrypted from the first byte.
#[derive(Debug)]
struct Encrypted(TlsStream<TcpStream>);

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
