//! What only the sandbox has: fixed accounts and people, a clock that can be moved, an issuer that can be made to fail.

use crate::access::accounts::AccountSpec;
use crate::faults::Faults;
use crate::invoicing::taxpayers::TaxpayerSpec;
use crate::name_spaces::NameSpaces;
use crate::payment::pay_merchants::PayMerchantSpec;
use crate::sandbox_clock::SandboxClock;
use kaipiao_domain::people::title::{InvoiceTitle, TitleField, TitleSide};
use std::sync::Arc;

/// One of the sandbox's accounts. Appids and secrets are fixed, so that a test suite may write
/// them down.
#[derive(Debug)]
pub struct DemoAccount {
    /// Its appid.
    pub appid: &'static str,
    /// Its AppSecret.
    pub secret: &'static str,
    /// Its role's name.
    pub role: &'static str,
    /// Its name on pages.
    pub name: &'static str,
    /// The merchant it is bound to.
    pub bound_to: Option<&'static str>,
}

/// The merchant's Official Account.
pub const DEMO_MERCHANT: &str = "wx6b61697069616f31";
/// The invoicing platform.
pub const DEMO_PLATFORM: &str = "wx6b61697069616f32";
/// The mini program, bound to the merchant.
pub const DEMO_MINI_PROGRAM: &str = "wx6b61697069616f34";
/// The mobile app, bound to the merchant.
pub const DEMO_MOBILE_APP: &str = "wx6b61697069616f35";
/// The pay merchant, bound to the demo merchant and its apps.
pub const DEMO_MCHID: &str = "1900000109";
/// The key of the demo pay merchant.
pub const DEMO_MCH_KEY: &str = "6b61697069616f2d7061796d65726368";

/// The demo pay merchant.
pub(crate) fn demo_pay_merchant() -> PayMerchantSpec {
    let pays =
        |demo: &&DemoAccount| demo.appid == DEMO_MERCHANT || demo.bound_to == Some(DEMO_MERCHANT);
    let accounts = DEMO_ACCOUNTS.iter().filter(pays).map(|demo| demo.appid.to_owned());
    PayMerchantSpec {
        mchid: DEMO_MCHID.to_owned(),
        name: Some(DEMO_ACCOUNTS[0].name.to_owned()),
        key: Some(DEMO_MCH_KEY.to_owned()),
        accounts: Some(accounts.collect()),
        sub_merchants: None,
    }
}

/// The taxpayer of the demo merchant; its check digit is right, the company is not real.
pub fn demo_taxpayer() -> TaxpayerSpec {
    let text = |text: &str| Some(text.to_owned());
    TaxpayerSpec {
        code: text("2ff836"),
        tax_id: text("91440300MA5KP0009F"),
        name: text("开票示例商城有限公司"),
        address: text("深圳市南山区示例路9号"),
        phone: text("0755-80000009"),
        bank: text("示例银行深圳南山支行"),
        bank_account: text("6200000000000009"),
        face: text("classic"),
        numbers: Vec::new(),
    }
}

/// The admin API's token in the sandbox; production has its own or none.
pub const DEMO_ADMIN_TOKEN: &str = "kaipiao-sandbox-admin";

/// The sandbox's accounts.
pub const DEMO_ACCOUNTS: &[DemoAccount] = &[
    DemoAccount {
        appid: DEMO_MERCHANT,
        secret: "6b61697069616f2d6d65726368616e74",
        role: "merchant",
        name: "开票示例商城 Kaipiao Demo Shop",
        bound_to: None,
    },
    DemoAccount {
        appid: DEMO_PLATFORM,
        secret: "6b61697069616f2d706c6174666f726d",
        role: "platform",
        name: "开票示例平台 Kaipiao Demo Platform",
        bound_to: None,
    },
    DemoAccount {
        appid: "wx6b61697069616f33",
        secret: "6b61697069616f2d7265696d62757273",
        role: "reimburser",
        name: "开票示例报销 Kaipiao Demo Reimburser",
        bound_to: None,
    },
    DemoAccount {
        appid: DEMO_MINI_PROGRAM,
        secret: "6b61697069616f2d6d696e6970726f67",
        role: "mini_program",
        name: "开票示例小程序 Kaipiao Demo Mini Program",
        bound_to: Some(DEMO_MERCHANT),
    },
    DemoAccount {
        appid: DEMO_MOBILE_APP,
        secret: "6b61697069616f2d6d6f62696c656170",
        role: "mobile_app",
        name: "开票示例应用 Kaipiao Demo App",
        bound_to: Some(DEMO_MERCHANT),
    },
];

impl DemoAccount {
    pub(crate) fn spec(&self) -> AccountSpec {
        AccountSpec {
            appid: self.appid.to_owned(),
            role: Some(self.role.to_owned()),
            name: Some(self.name.to_owned()),
            secret: Some(self.secret.to_owned()),
            bound_to: self.bound_to.map(str::to_owned),
            ..AccountSpec::default()
        }
    }
}

/// One of the sandbox's people.
#[derive(Debug)]
pub struct DemoUser {
    /// The user's id.
    pub id: &'static str,
    /// The user's name.
    pub name: &'static str,
    phone: &'static str,
    email: &'static str,
    /// Two companies: name, tax number (its check digit is right, the company is not real),
    /// address, phone, bank, account.
    companies: [[&'static str; 6]; 2],
}

/// The sandbox's people.
pub const DEMO_USERS: &[DemoUser] = &[
    DemoUser {
        id: "zhangwei",
        name: "张伟",
        phone: "13800000001",
        email: "zhangwei@example.com",
        companies: [
            [
                "深圳市示例科技有限公司",
                "91440300MA5KP0001N",
                "深圳市南山区示例路1号",
                "0755-80000001",
                "示例银行深圳分行",
                "6200000000000001",
            ],
            [
                "上海示例贸易有限公司",
                "91310000MA5KP00027",
                "上海市浦东新区示例路2号",
                "021-80000002",
                "示例银行上海分行",
                "6200000000000002",
            ],
        ],
    },
    DemoUser {
        id: "lina",
        name: "李娜",
        phone: "13800000002",
        email: "lina@example.com",
        companies: [
            [
                "北京示例文化有限公司",
                "91110105MA5KP0003A",
                "北京市朝阳区示例街3号",
                "010-80000003",
                "示例银行北京分行",
                "6200000000000003",
            ],
            [
                "杭州示例网络有限公司",
                "91330100MA5KP0004T",
                "杭州市西湖区示例路4号",
                "0571-80000004",
                "示例银行杭州分行",
                "6200000000000004",
            ],
        ],
    },
    DemoUser {
        id: "wangfang",
        name: "王芳",
        phone: "13800000003",
        email: "wangfang@example.com",
        companies: [
            [
                "成都示例餐饮有限公司",
                "91510100MA5KP00053",
                "成都市锦江区示例街5号",
                "028-80000005",
                "示例银行成都分行",
                "6200000000000005",
            ],
            [
                "武汉示例制造有限公司",
                "91420100MA5KP0006K",
                "武汉市江汉区示例路6号",
                "027-80000006",
                "示例银行武汉分行",
                "6200000000000006",
            ],
        ],
    },
];

impl DemoUser {
    /// The user's title book: two companies and the user.
    pub(crate) fn titles(&self) -> Vec<InvoiceTitle> {
        let to_title = |values: [&str; 6]| {
            let fields = TitleSide::Company.fields().iter().zip(values);
            fields.fold(InvoiceTitle::new(TitleSide::Company), |title, (field, value)| {
                title.with(*field, value)
            })
        };
        let mut titles = self.companies.map(to_title).to_vec();
        titles.push(
            InvoiceTitle::new(TitleSide::Personal)
                .with(TitleField::Title, self.name)
                .with(TitleField::Phone, self.phone)
                .with(TitleField::Email, self.email),
        );
        titles
    }
}

/// What only a sandbox's server has.
pub struct Sandbox {
    /// The clock that can be moved.
    pub clock: SandboxClock,
    /// What was planned to go wrong.
    pub faults: Arc<Faults>,
    /// The name of the name space that this is.
    pub name_space: String,
    /// This name space and those beside it.
    pub name_spaces: Arc<dyn NameSpaces>,
}
