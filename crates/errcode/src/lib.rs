//! The catalogue of error codes (section 99, wire_facts 2.3, wire_facts 6.6).
//!
//! Integrators branch on the number; people read the message. `spec/s99_error_codes.tsv` is the
//! same table as data, with each code's meaning, who raises it and the test that sees it; a test keeps
//! the two equal.

#![deny(missing_docs)]

mod guide;

pub use guide::{Guide, Shown, Text};

/// Declares the enum, its numbers and its messages from one line per code.
macro_rules! catalogue {
    ($( #[doc = $doc:literal] $name:ident = $number:literal, $message:literal; )+) => {
        /// A code of the catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(i32)]
        pub enum ErrorCode {
            $( #[doc = $doc] $name = $number, )+
        }

        impl ErrorCode {
            /// Every code, in the table's order.
            pub const ALL: &'static [Self] = &[ $( Self::$name, )+ ];

            /// `errcode` on the wire.
            pub const fn number(self) -> i32 {
                self as i32
            }

            /// The published text: `errmsg` begins with it.
            pub const fn message(self) -> &'static str {
                match self {
                    $( Self::$name => $message, )+
                }
            }
        }
    };
}

catalogue! {
    #[doc = "Success."] Ok = 0, "ok";
    #[doc = "Overload, or the store is away; never for bad input (D-03)."] SystemError = -1, "system error";
    #[doc = "An unknown token, or one that was replaced (wire_facts 2.3)."] InvalidCredential = 40001, "invalid credential, access_token is invalid or not latest";
    #[doc = "grant_type is not client_credential (wire_facts 2.3)."] InvalidGrantType = 40002, "invalid grant_type";
    #[doc = "No file of that s_media_id (wire_facts 2.3)."] InvalidMediaId = 40007, "invalid media_id";
    #[doc = "No such account (wire_facts 2.3)."] InvalidAppid = 40013, "invalid appid";
    #[doc = "What other services say of a token that is wrong or over: only a planned fault says it here (D-02)."] InvalidAccessToken = 40014, "invalid access_token";
    #[doc = "A path of the API that nothing is served at (D-111)."] InvalidUrl = 40066, "invalid url";
    #[doc = "No card of that card_id (wire_facts 1.2)."] InvalidCardId = 40073, "invalid card id";
    #[doc = "The card template may not be used yet (section 99)."] InvalidCardStatus = 40078, "invalid card status";
    #[doc = "An argument of the query is missing or unknown (D-08)."] InvalidArgs = 40097, "invalid args";
    #[doc = "The AppSecret is wrong (wire_facts 2.3)."] InvalidAppsecret = 40125, "invalid appsecret";
    #[doc = "The account lists addresses, and not the caller's (wire_facts 2.3)."] InvalidIp = 40164, "invalid ip";
    #[doc = "The account has no callback, or none that can be used (wire_facts 2.2)."] InvalidCallbackUrl = 40201, "invalid callback url";
    #[doc = "callback/check knows no such action (wire_facts 2.2)."] InvalidCheckAction = 40202, "invalid action";
    #[doc = "callback/check knows no such operator (wire_facts 2.2)."] InvalidCheckOperator = 40203, "invalid check_operator";
    #[doc = "No access_token in the query (wire_facts 2.3)."] AccessTokenMissing = 41001, "access_token missing";
    #[doc = "No appid (wire_facts 2.3)."] AppidMissing = 41002, "appid missing";
    #[doc = "No secret (wire_facts 2.3)."] AppsecretMissing = 41004, "appsecret missing";
    #[doc = "The token's life is over (wire_facts 2.3)."] AccessTokenExpired = 42001, "access_token expired";
    #[doc = "The call wants GET (wire_facts 2.3)."] RequireGet = 43001, "require GET method";
    #[doc = "The call wants POST (wire_facts 2.3)."] RequirePost = 43002, "require POST method";
    #[doc = "A call that needs a body has none (wire_facts 2.3)."] EmptyPostData = 44002, "empty post data";
    #[doc = "A quota per day is used up (wire_facts 2.3)."] DailyQuotaReached = 45009, "reach max api daily quota limit";
    #[doc = "Called again too soon (wire_facts 2.3)."] MinuteQuotaReached = 45011, "api minute-quota reach limit, must slower, retry next minute";
    #[doc = "The body is not the JSON that is expected (wire_facts 2.3)."] DataFormatError = 47001, "data format error";
    #[doc = "The permission is switched off (D-26)."] ApiUnauthorized = 48001, "api unauthorized";
    #[doc = "The quotas were forgotten too often in this month (wire_facts 2.2)."] ClearQuotaLimit = 48006, "forbid to clear quota because of reaching the limit";
    #[doc = "The authorization is over, or the order is not the account's (wire_facts 6.6, D-61)."] AuthorizationExpired = 72013, "unauthorized order_id or authorization is expired";
    #[doc = "The account lacks the invoicing family (section 99, D-26, D-70)."] UnauthorizedCreateInvoice = 72015, "unauthorized create invoice";
    #[doc = "Another account has locked the invoice (section 99)."] InvoiceLocked = 72023, "invoice has been lock";
    #[doc = "A transition that the state table lacks (section 99)."] InvoiceStatusError = 72024, "invoice status error";
    #[doc = "encrypt_code is malformed or forged (section 99)."] InvoiceTokenError = 72025, "invoice token error";
    #[doc = "get_pay_mch before any set_pay_mch (section 99)."] NeverSetPayMch = 72028, "invoice never set pay mch info";
    #[doc = "get_auth_field before any set_auth_field (wire_facts 1.5)."] NeverSetAuthField = 72029, "invoice never set auth field";
    #[doc = "No such pay merchant, or another account's (section 99)."] InvalidMchid = 72030, "invalid mchid";
    #[doc = "A parameter is missing or wrong; the detail names it (section 99)."] InvalidParams = 72031, "invalid params";
    #[doc = "The merchant has rejected the order (section 99)."] RejectedByBiz = 72035, "biz reject insert";
    #[doc = "The record is being changed by others (section 99)."] InvoiceBusy = 72036, "invoice is busy";
    #[doc = "The invoice is not in that user's wallet (wire_facts 1.2)."] InvoiceOwnerError = 72037, "invoice owner error";
    #[doc = "Nobody authorized the order (section 99)."] OrderNeverAuthorized = 72038, "invoice order never auth";
    #[doc = "Write-off before lock (section 99)."] MustLockFirst = 72039, "invoice must be lock first";
    #[doc = "The PDF cannot be taken (section 99)."] InvoicePdfError = 72040, "invoice pdf error";
    #[doc = "Code and number are in somebody's wallet already (section 99)."] BillingRepeated = 72042, "billing_code and billing_no repeated";
    #[doc = "Code and number have the wrong lengths (section 99)."] BillingSizeError = 72043, "billing_code or billing_no size error";
    #[doc = "The title's QR code is too old (section 99)."] ScanTextExpired = 72044, "scan text out of time";
    #[doc = "A classic invoice without its check code (wire_facts 6.6)."] CheckCodeEmpty = 72045, "check_code is empty";
    #[doc = "The PDF does not show the invoice's code and number (wire_facts 1.1)."] PdfOfOtherInvoice = 72047, "pdf billing_code or pdf billing_no is error";
    #[doc = "An order that has its invoice already (wire_facts 1.1)."] OrderIdRepeated = 72056, "order_id repeated, please check order_id";
    #[doc = "The invoice was taken back (wire_facts 1.1)."] InvoiceCancelled = 72060, "this invoice has been cancelled, check the reimburse_status please";
    #[doc = "The invoice is written off (wire_facts 1.1)."] InvoiceClosed = 72061, "this invoice has been closed, check the reimburse_status please";
    #[doc = "The merchant never set its contact (section 99)."] ContactEmpty = 72063, "biz contact is empty";
    #[doc = "The title is no longer in its owner's book (wire_facts 6.6)."] UserTitleNotFound = 72092, "USER_TITLE_NOT_FOUND";
    #[doc = "The issuer refused (section 99)."] MakeOutFailed = 73000, "sys error make out invoice failed";
    #[doc = "wxopenid is missing or not the one that authorized (section 99)."] OpenidError = 73001, "wxopenid error";
    #[doc = "ddh is empty (section 99)."] OrderIdEmpty = 73002, "ddh orderid empty";
    #[doc = "fpqqlsh is empty (section 99)."] SerialEmpty = 73003, "fpqqlsh empty";
    #[doc = "kplx is present and empty (section 99)."] IssueTypeEmpty = 73004, "kplx empty";
    #[doc = "nsrmc is empty (section 99)."] TaxpayerNameEmpty = 73007, "nsrmc empty";
    #[doc = "nsrdz is empty (section 99)."] TaxpayerAddressEmpty = 73008, "nsrdz empty";
    #[doc = "nsrdh is empty (section 99)."] TaxpayerPhoneEmpty = 73009, "nsrdh empty";
    #[doc = "ghfmc is empty (section 99)."] BuyerNameEmpty = 73010, "ghfmc empty";
    #[doc = "kpr is empty (section 99)."] DrawerEmpty = 73011, "kpr empty";
    #[doc = "jshj is empty (section 99)."] GrossTotalEmpty = 73012, "jshj empty";
    #[doc = "hjje is empty (section 99)."] NetTotalEmpty = 73013, "hjje empty";
    #[doc = "hjse is empty (section 99)."] TaxTotalEmpty = 73014, "hjse empty";
    #[doc = "hylx is present and empty (section 99)."] IndustryTypeEmpty = 73015, "hylx empty";
    #[doc = "nsrsbh is empty (section 99)."] TaxpayerIdEmpty = 73016, "nsrsbh empty";
    #[doc = "The issuer is unreachable (section 99)."] IssuerError = 73100, "ka plat error";
    #[doc = "The taxpayer id is not the account's (section 99)."] TaxpayerMismatch = 73101, "nsrsbh not cmp";
    #[doc = "The issuer's answer cannot be read or trusted (section 99)."] IssuerSystemError = 73102, "sys error";
    #[doc = "The issuer was silent past the limit (section 99)."] IssuerTimeout = 73105, "Kp plat make invoice timeout, please try again with the same fpqqlsh";
    #[doc = "The serial is known with another order (section 99)."] SerialOfOtherOrder = 73106, "Fpqqlsh exist with different ddh";
    #[doc = "The serial is being issued (section 99)."] SerialProcessing = 73107, "Fpqqlsh is processing, please wait and query later";
    #[doc = "The order is known with another serial (section 99)."] OrderOfOtherSerial = 73108, "This ddh with other fpqqlsh already exist";
    #[doc = "The serial is unknown (wire_facts 6.6)."] SerialUnknown = 73109, "This Fpqqlsh not exist in kpplat";
    #[doc = "The serial's first six characters are not the merchant code (section 99)."] SerialPrefixMismatch = 73110, "fpqqlsh first 6 byte not cmp";
    #[doc = "No refused request of the account has that rid (wire_facts 2.2)."] RidNotFound = 76001, "rid not found";
    #[doc = "No rid at all (wire_facts 2.2)."] RidMalformed = 76002, "rid is error";
    #[doc = "No call has that path (D-203)."] CgiPathUnknown = 76021, "cgi_path not found, please check";
}

impl ErrorCode {
    /// The code with that number.
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

impl core::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} {}", self.number(), self.message())
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    /// The TSV and the enum are the same set, with the same messages, in no particular order.
    #[test]
    fn the_table_is_the_catalogue() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/s99_error_codes.tsv");
        let table = std::fs::read_to_string(path).expect("spec/s99_error_codes.tsv is there");
        let row = |line: &str| {
            let columns: Vec<_> = line.split('\t').collect();
            assert_eq!(columns.len(), 6, "{line}");
            (columns[0].parse::<i32>().expect("a number"), columns[1].to_owned())
        };
        let mut rows: Vec<_> = table.lines().skip(1).map(row).collect();
        let entry = |code: &ErrorCode| (code.number(), code.message().to_owned());
        let mut codes: Vec<_> = ErrorCode::ALL.iter().map(entry).collect();
        rows.sort();
        codes.sort();
        assert_eq!(rows, codes);
        assert!(codes.windows(2).all(|pair| pair[0].0 != pair[1].0), "no number stands twice");
    }

    #[test]
    fn numbers_read_back() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_number(code.number()), Some(*code));
        }
        assert_eq!(ErrorCode::from_number(40015), None);
    }
}
