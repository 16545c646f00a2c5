
      export type PossibleTypesResultData = {
  "possibleTypes": {
    "BindResult": [
      "AccountDisabled",
      "AlreadyLinked",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "InvalidInput",
      "RateLimited",
      "SignedIn",
      "TicketRejected"
    ],
    "ChangeEmailResult": [
      "CodeRejected",
      "CredentialsRejected",
      "EmailChanged",
      "IdentifierTaken",
      "InvalidInput",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "ChangeMobileResult": [
      "CodeRejected",
      "CredentialsRejected",
      "IdentifierTaken",
      "InvalidInput",
      "MobileChanged",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "ChangePasswordResult": [
      "CredentialsRejected",
      "InvalidInput",
      "PasswordChanged",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "DeleteAccountResult": [
      "CredentialsRejected",
      "DeletionScheduled",
      "InvalidInput",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "ExportMyDataResult": [
      "InvalidInput",
      "MyData",
      "RateLimited"
    ],
    "LinkSocialResult": [
      "AlreadyLinked",
      "CredentialsRejected",
      "InvalidInput",
      "ProviderRejected",
      "RateLimited",
      "ReauthenticationRequired",
      "SocialLinked",
      "TicketRejected"
    ],
    "LoginResult": [
      "AccountDisabled",
      "CaptchaRequired",
      "CredentialsRejected",
      "InvalidInput",
      "RateLimited",
      "SignedIn"
    ],
    "LoginWithCodeResult": [
      "AccountDisabled",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "InvalidInput",
      "RateLimited",
      "SignedIn"
    ],
    "MergeAccountResult": [
      "AccountDisabled",
      "AccountsMerged",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "InvalidInput",
      "MergeConflict",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "Problem": [
      "AccountDisabled",
      "AlreadyLinked",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "IdentifierTaken",
      "InvalidInput",
      "LastWayIn",
      "MergeConflict",
      "MobileNotSupported",
      "ProviderRejected",
      "RateLimited",
      "ReauthenticationRequired",
      "SessionRejected",
      "TicketRejected"
    ],
    "QqAuthorizeResult": [
      "AccountDisabled",
      "BindRequired",
      "InvalidInput",
      "ProviderRejected",
      "RateLimited",
      "SignedIn",
      "TicketRejected"
    ],
    "RefreshSessionResult": [
      "InvalidInput",
      "RateLimited",
      "SessionRejected",
      "SignedIn"
    ],
    "RegisterResult": [
      "CaptchaRequired",
      "CodeRejected",
      "IdentifierTaken",
      "InvalidInput",
      "RateLimited",
      "SignedIn"
    ],
    "RegisterWithResult": [
      "AlreadyLinked",
      "CaptchaRequired",
      "CodeRejected",
      "IdentifierTaken",
      "InvalidInput",
      "RateLimited",
      "SignedIn",
      "TicketRejected"
    ],
    "RequestPasswordResetResult": [
      "CaptchaRequired",
      "InvalidInput",
      "RateLimited",
      "ResetRequested"
    ],
    "ResetPasswordResult": [
      "AccountDisabled",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "InvalidInput",
      "PasswordReset",
      "RateLimited",
      "TicketRejected"
    ],
    "RevokeOtherSessionsResult": [
      "InvalidInput",
      "OtherSessionsRevoked",
      "RateLimited"
    ],
    "RevokeSessionResult": [
      "InvalidInput",
      "RateLimited",
      "SessionRejected",
      "SessionRevoked"
    ],
    "SendEmailCodeResult": [
      "CaptchaRequired",
      "CodeSent",
      "InvalidInput",
      "RateLimited"
    ],
    "SendSmsResult": [
      "CaptchaRequired",
      "CodeSent",
      "InvalidInput",
      "MobileNotSupported",
      "RateLimited"
    ],
    "SocialAuthorizeResult": [
      "AccountDisabled",
      "BindRequired",
      "InvalidInput",
      "ProviderRejected",
      "RateLimited",
      "SignedIn",
      "TicketRejected"
    ],
    "SocialAuthorizeUrlResult": [
      "AuthorizeUrl",
      "InvalidInput",
      "ProviderRejected",
      "RateLimited"
    ],
    "UnlinkSocialResult": [
      "CredentialsRejected",
      "InvalidInput",
      "LastWayIn",
      "RateLimited",
      "ReauthenticationRequired",
      "SocialUnlinked"
    ],
    "UpdateProfileResult": [
      "IdentifierTaken",
      "InvalidInput",
      "ProfileUpdated",
      "RateLimited"
    ]
  }
};
      const result: PossibleTypesResultData = {
  "possibleTypes": {
    "BindResult": [
      "AccountDisabled",
      "AlreadyLinked",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "InvalidInput",
      "RateLimited",
      "SignedIn",
      "TicketRejected"
    ],
    "ChangeEmailResult": [
      "CodeRejected",
      "CredentialsRejected",
      "EmailChanged",
      "IdentifierTaken",
      "InvalidInput",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "ChangeMobileResult": [
      "CodeRejected",
      "CredentialsRejected",
      "IdentifierTaken",
      "InvalidInput",
      "MobileChanged",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "ChangePasswordResult": [
      "CredentialsRejected",
      "InvalidInput",
      "PasswordChanged",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "DeleteAccountResult": [
      "CredentialsRejected",
      "DeletionScheduled",
      "InvalidInput",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "ExportMyDataResult": [
      "InvalidInput",
      "MyData",
      "RateLimited"
    ],
    "LinkSocialResult": [
      "AlreadyLinked",
      "CredentialsRejected",
      "InvalidInput",
      "ProviderRejected",
      "RateLimited",
      "ReauthenticationRequired",
      "SocialLinked",
      "TicketRejected"
    ],
    "LoginResult": [
      "AccountDisabled",
      "CaptchaRequired",
      "CredentialsRejected",
      "InvalidInput",
      "RateLimited",
      "SignedIn"
    ],
    "LoginWithCodeResult": [
      "AccountDisabled",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "InvalidInput",
      "RateLimited",
      "SignedIn"
    ],
    "MergeAccountResult": [
      "AccountDisabled",
      "AccountsMerged",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "InvalidInput",
      "MergeConflict",
      "RateLimited",
      "ReauthenticationRequired"
    ],
    "Problem": [
      "AccountDisabled",
      "AlreadyLinked",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "IdentifierTaken",
      "InvalidInput",
      "LastWayIn",
      "MergeConflict",
      "MobileNotSupported",
      "ProviderRejected",
      "RateLimited",
      "ReauthenticationRequired",
      "SessionRejected",
      "TicketRejected"
    ],
    "QqAuthorizeResult": [
      "AccountDisabled",
      "BindRequired",
      "InvalidInput",
      "ProviderRejected",
      "RateLimited",
      "SignedIn",
      "TicketRejected"
    ],
    "RefreshSessionResult": [
      "InvalidInput",
      "RateLimited",
      "SessionRejected",
      "SignedIn"
    ],
    "RegisterResult": [
      "CaptchaRequired",
      "CodeRejected",
      "IdentifierTaken",
      "InvalidInput",
      "RateLimited",
      "SignedIn"
    ],
    "RegisterWithResult": [
      "AlreadyLinked",
      "CaptchaRequired",
      "CodeRejected",
      "IdentifierTaken",
      "InvalidInput",
      "RateLimited",
      "SignedIn",
      "TicketRejected"
    ],
    "RequestPasswordResetResult": [
      "CaptchaRequired",
      "InvalidInput",
      "RateLimited",
      "ResetRequested"
    ],
    "ResetPasswordResult": [
      "AccountDisabled",
      "CaptchaRequired",
      "CodeRejected",
      "CredentialsRejected",
      "InvalidInput",
      "PasswordReset",
      "RateLimited",
      "TicketRejected"
    ],
    "RevokeOtherSessionsResult": [
      "InvalidInput",
      "OtherSessionsRevoked",
      "RateLimited"
    ],
    "RevokeSessionResult": [
      "InvalidInput",
      "RateLimited",
      "SessionRejected",
      "SessionRevoked"
    ],
    "SendEmailCodeResult": [
      "CaptchaRequired",
      "CodeSent",
      "InvalidInput",
      "RateLimited"
    ],
    "SendSmsResult": [
      "CaptchaRequired",
      "CodeSent",
      "InvalidInput",
      "MobileNotSupported",
      "RateLimited"
    ],
    "SocialAuthorizeResult": [
      "AccountDisabled",
      "BindRequired",
      "InvalidInput",
      "ProviderRejected",
      "RateLimited",
      "SignedIn",
      "TicketRejected"
    ],
    "SocialAuthorizeUrlResult": [
      "AuthorizeUrl",
      "InvalidInput",
      "ProviderRejected",
      "RateLimited"
    ],
    "UnlinkSocialResult": [
      "CredentialsRejected",
      "InvalidInput",
      "LastWayIn",
      "RateLimited",
      "ReauthenticationRequired",
      "SocialUnlinked"
    ],
    "UpdateProfileResult": [
      "IdentifierTaken",
      "InvalidInput",
      "ProfileUpdated",
      "RateLimited"
    ]
  }
};
      export default result;
    