//! Where a classic invoice is from: its title begins with the name of the region that the invoice's
//! code names (invoice_face a).

/// Digits 2 to 5 of a code, and the region: provinces, and the cities that plan for themselves.
const REGIONS: [(&str, &str); 36] = [
    ("1100", "北京"),
    ("1200", "天津"),
    ("1300", "河北"),
    ("1400", "山西"),
    ("1500", "内蒙古"),
    ("2100", "辽宁"),
    ("2102", "大连"),
    ("2200", "吉林"),
    ("2300", "黑龙江"),
    ("3100", "上海"),
    ("3200", "江苏"),
    ("3300", "浙江"),
    ("3302", "宁波"),
    ("3400", "安徽"),
    ("3500", "福建"),
    ("3502", "厦门"),
    ("3600", "江西"),
    ("3700", "山东"),
    ("3702", "青岛"),
    ("4100", "河南"),
    ("4200", "湖北"),
    ("4300", "湖南"),
    ("4400", "广东"),
    ("4403", "深圳"),
    ("4500", "广西"),
    ("4600", "海南"),
    ("5000", "重庆"),
    ("5100", "四川"),
    ("5200", "贵州"),
    ("5300", "云南"),
    ("5400", "西藏"),
    ("6100", "陕西"),
    ("6200", "甘肃"),
    ("6300", "青海"),
    ("6400", "宁夏"),
    ("6500", "新疆"),
];

/// The region's name; empty where the code names none.
pub(super) fn region(code: &str) -> &'static str {
    let digits = code.get(1..5).unwrap_or_default();
    REGIONS.iter().find(|(region, _)| *region == digits).map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::region;

    #[test]
    fn a_code_names_its_region() {
        assert_eq!(region("044032411111"), "深圳");
        assert_eq!(region("050003521100"), "重庆");
        assert_eq!((region("088978450417"), region("")), ("", ""));
    }
}
