//! Invoices to draw.

use kaipiao_domain::Timestamp;
use kaipiao_domain::access::account::AppId;
use kaipiao_domain::authorization::order_id::OrderId;
use kaipiao_domain::invoicing::content::Content;
use kaipiao_domain::invoicing::face::Face;
use kaipiao_domain::invoicing::invoice_number::InvoiceNumber;
use kaipiao_domain::invoicing::invoice_request::{Colour, InvoiceRequest, Offset, RequestState};
use kaipiao_domain::invoicing::issued_invoice::IssuedInvoice;
use kaipiao_domain::invoicing::line::{Line, LineNature};
use kaipiao_domain::invoicing::party::Party;
use kaipiao_domain::invoicing::serial::Serial;
use kaipiao_domain::money::Fen;
use kaipiao_domain::people::user::UserId;
use rust_decimal::Decimal;

/// 2017-12-04 17:21:59 in China.
const AT: Timestamp = Timestamp::from_unix_millis(1_512_379_319_000);
pub const WASHER: &str = "1090418010000000000";
pub const LONG_NAME: &str = "深圳市福田区华强北街道某某电子商务与供应链管理服务（集团）股份有限公司\
    粤港澳大湾区第一分公司下属跨境贸易综合服务平台运营事业部与售后维修服务中心联合采购办公室之华南仓储物流管理处第三科室";

/// A request, what it says, and its invoice.
pub struct Fixture {
    pub name: &'static str,
    pub request: InvoiceRequest,
    pub content: Content,
    pub invoice: IssuedInvoice,
}

pub fn line(name: &str, quantity: &str, price: &str, net: &str, rate: &str) -> Line {
    let (net, rate): (Fen, Decimal) = (Fen::parse(net).unwrap(), rate.parse().unwrap());
    let number = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    Line {
        nature: LineNature::Normal,
        tax_code: WASHER.into(),
        category: Some("家用清洁电器具".into()),
        name: name.into(),
        unit: "台".into(),
        model: "XQG100-HB".into(),
        quantity: number(quantity),
        unit_price: number(price),
        net,
        rate,
        untaxed: None,
        tax: Fen::rounded(net.yuan() * rate).unwrap(),
    }
}

pub fn content(lines: Vec<Line>) -> Content {
    let net: Fen = lines.iter().map(|line| line.net).sum();
    let tax: Fen = lines.iter().map(|line| line.tax).sum();
    Content {
        seller: Party {
            name: "深圳市示例家电商贸有限公司".into(),
            tax_id: "91440300MA5KP0009F".into(),
            address: "深圳市南山区科技园示例路9号".into(),
            phone: "0755-80000009".into(),
            bank: "示例银行深圳科技园支行".into(),
            bank_account: "6200000000000009".into(),
        },
        buyer: Party {
            name: "北京某某科技有限公司".into(),
            tax_id: "91110108MA01A2B3C4".into(),
            address: "北京市海淀区中关村大街1号".into(),
            phone: "010-80000001".into(),
            bank: "示例银行北京中关村支行".into(),
            bank_account: "6200000000000001".into(),
        },
        drawer: "张三".into(),
        payee: "李四".into(),
        reviewer: "王五".into(),
        gross: net + tax,
        net,
        tax,
        remark: "订单号 2017120400012345\n上门安装 & 三年保修 <整机>".into(),
        lines,
    }
}

pub fn fixture(name: &'static str, face: Face, content: Content) -> Fixture {
    let (code, number, check_code) = match face {
        Face::Classic => ("044032411111", "30329969", "63205347819001756240"),
        Face::Digital => ("", "25952000000000000017", ""),
    };
    let invoice = IssuedInvoice {
        number: InvoiceNumber::parse(code, number).unwrap(),
        check_code: check_code.into(),
        at: AT,
        specimen: true,
        machine_number: "000000000000".into(),
        from_outside: false,
        documents: Vec::new(),
    };
    let merchant = AppId::parse("wx6b61697069616f31").unwrap();
    let request = InvoiceRequest {
        merchant: merchant.clone(),
        serial: Serial::parse("2ff836F1").unwrap(),
        order_id: OrderId::parse("1").unwrap(),
        asked_by: merchant,
        user: UserId::parse("user1").unwrap(),
        paid_as: Vec::new(),
        colour: Colour::Blue,
        face,
        content_number: 1,
        summary: content.summary(),
        accepted_at: AT,
        state: RequestState::Issued { invoice: invoice.clone(), offset: Offset::Standing },
    };
    Fixture { name, request, content, invoice }
}

pub fn one_line() -> Vec<Line> {
    vec![line("洗衣机", "1", "135.9", "135.90", "0.17")]
}

pub fn many(count: usize) -> Vec<Line> {
    let line = |index: usize| {
        let price = Decimal::new(10_050 + i64::try_from(index).unwrap() * 7, 2);
        let net = (price * Decimal::TWO).to_string();
        let name = match index % 5 {
            4 => format!("全自动滚筒洗衣机第{index}号，含上门安装与三年保修服务"),
            _ => format!("洗衣机{index}号"),
        };
        line(&name, "2.000", &price.to_string(), &net, "0.13")
    };
    (1..=count).map(line).collect()
}

pub fn short(count: usize) -> Vec<Line> {
    let mut lines = many(count);
    for (index, line) in lines.iter_mut().enumerate() {
        line.name = format!("洗衣机{index}号");
        (line.tax_code, line.category) = ("9".into(), None);
    }
    lines
}

fn discounted() -> Vec<Line> {
    let mut lines = vec![
        line("洗衣机", "2", "100.5", "201.00", "0.13"),
        line("折扣行", "", "", "-21.00", "0.13"),
        line("*饮料*苏打水", "12.5", "3.141592653589", "39.27", "0.13"),
        line("劳务派遣", "1", "1000000", "1000000.00", "0.06"),
        line("预付卡销售", "1", "500", "500.00", "0"),
    ];
    (lines[0].nature, lines[1].nature) = (LineNature::Discounted, LineNature::Discount);
    lines[1].unit.clear();
    lines[1].model.clear();
    lines[2].category = None;
    lines[3].tax_code = "3040803010000000000".into();
    lines[3].category = Some("人力资源服务".into());
    (lines[4].tax_code, lines[4].category) = ("6010000000000000000".into(), None);
    lines
}

/// Sums that are paid in advance, no sales yet: no tax is due on any.
pub fn prepaid(count: usize) -> Vec<Line> {
    let line = |index: usize| {
        let mut line = line(&format!("预付卡充值{index}号"), "1", "500", "500.00", "0");
        (line.tax_code, line.category) = ("6010000000000000000".into(), None);
        line
    };
    (1..=count).map(line).collect()
}

fn rare() -> Content {
    let mut rare = content(one_line());
    rare.buyer.name = "䶮㛃㴋𬱖𫖯 阿卜杜拉·买买提".into();
    rare.lines[0].name = "～〜№1㎡“测试”".into();
    rare
}

pub const TRADITIONAL: &str = "臺灣鴻海精密國際靝龘";

fn traditional() -> Content {
    let mut traditional = content(one_line());
    traditional.buyer.name = format!("{TRADITIONAL}股份有限公司");
    traditional
}

fn long_buyer() -> Content {
    let mut long = content(many(2));
    long.buyer.name = LONG_NAME.into();
    long.remark = "备注很长，需要折行。".repeat(20);
    long.lines[0].name = LONG_NAME.into();
    long.lines[0].model = "XQG100-HBD1426-ABCDEFG-0123456789".into();
    long
}

/// Parties whose texts are as long as the protocol allows.
pub fn longest_parties() -> Content {
    let mut longest = content(one_line());
    let text = |length| LONG_NAME.chars().cycle().take(length).collect();
    for party in [&mut longest.buyer, &mut longest.seller] {
        (party.name, party.address, party.bank) = (text(100), text(200), text(100));
    }
    longest
}

fn largest() -> Content {
    let mut largest = content(vec![line("洗衣机", "1", "99999999999.99", "99999999999.99", "0")]);
    largest.lines[0].quantity = Some("0.1234567890123456789".parse().unwrap());
    largest
}

fn red(mut fixture: Fixture, remark: &str) -> Fixture {
    fixture.request.colour = Colour::Red { blue: Serial::parse("2ff836F0").unwrap() };
    fixture.content = fixture.content.reversed(remark.into());
    fixture
}

/// All that is drawn in tests.
pub fn all() -> Vec<Fixture> {
    use Face::{Classic, Digital};
    let classic_remark = "对应正数发票代码:044032411111号码:30329968";
    let digital_remark = "被红冲蓝字数电发票号码：25952000000000000016";
    vec![
        fixture("classic-1", Classic, content(one_line())),
        fixture("classic-8", Classic, content(short(8))),
        fixture("classic-300", Classic, content(many(300))),
        fixture("classic-discounts", Classic, content(discounted())),
        fixture("classic-long", Classic, long_buyer()),
        fixture("classic-longest", Classic, longest_parties()),
        fixture("classic-rare", Classic, rare()),
        fixture("classic-traditional", Classic, traditional()),
        fixture("classic-largest", Classic, largest()),
        red(fixture("classic-red", Classic, content(discounted())), classic_remark),
        fixture("classic-prepaid", Classic, content(prepaid(40))),
        red(fixture("classic-list-red", Classic, content(many(40))), classic_remark),
        fixture("digital-1", Digital, content(one_line())),
        fixture("digital-8", Digital, content(short(8))),
        fixture("digital-300", Digital, content(many(300))),
        fixture("digital-discounts", Digital, content(discounted())),
        fixture("digital-long", Digital, long_buyer()),
        fixture("digital-longest", Digital, longest_parties()),
        fixture("digital-largest", Digital, largest()),
        fixture("digital-prepaid", Digital, content(prepaid(40))),
        red(fixture("digital-red", Digital, content(discounted())), digital_remark),
    ]
}
