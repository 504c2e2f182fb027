//! What each method is for where a path has several: the list of routes says what the path is for as a whole.

/// A method's purpose, in English and in Chinese.
type Purpose = (&'static str, &'static str);

/// Method, path, purpose.
const PURPOSES: [(&str, &str, Purpose); 15] = [
    (
        "GET",
        "/admin/v1/payments/{mchid}/{out_trade_no}",
        ("a payment and its invoice entry", "支付单及其开票入口"),
    ),
    (
        "PUT",
        "/admin/v1/payments/{mchid}/{out_trade_no}",
        ("report a payment that was made elsewhere", "上报在别处完成的支付"),
    ),
    ("GET", "/admin/v1/log", ("what is logged (filter)", "查看日志过滤条件（filter）")),
    (
        "PUT",
        "/admin/v1/log",
        ("change what is logged while the server runs", "在运行时更改日志过滤条件"),
    ),
    (
        "PUT",
        "/admin/v1/console-users/{name}",
        ("add or change a user of the console", "添加或修改控制台用户"),
    ),
    (
        "DELETE",
        "/admin/v1/console-users/{name}",
        ("remove a user of the console", "删除控制台用户"),
    ),
    ("GET", "/sandbox/v1/clock", ("what the clock shows", "查看时钟")),
    (
        "POST",
        "/sandbox/v1/clock",
        ("move, set, scale or stop the clock", "拨快、设定、变速或停住时钟"),
    ),
    ("GET", "/sandbox/v1/namespaces", ("the name spaces", "查看命名空间")),
    (
        "POST",
        "/sandbox/v1/namespaces",
        ("make a name space: accounts and users of its own", "新建命名空间：自有一套账号与用户"),
    ),
    ("GET", "/sandbox/v1/snapshots", ("this name space's snapshots", "查看当前命名空间的快照")),
    ("POST", "/sandbox/v1/snapshots", ("save a snapshot by name", "按名称保存快照")),
    (
        "GET",
        "/sandbox/v1/faults",
        ("faults that are planned, and what they met", "查看已设定的故障及其命中"),
    ),
    (
        "POST",
        "/sandbox/v1/faults",
        (
            "plan what goes wrong: calls, tokens, quotas, issuer, documents, pushes",
            "设定故障：接口、token、额度、开票方、版式文件、推送",
        ),
    ),
    ("DELETE", "/sandbox/v1/faults", ("remove faults that are planned", "清除已设定的故障")),
];

/// What this method of the path is for; None: what the path is for.
pub(super) fn purpose(method: &str, path: &str) -> Option<Purpose> {
    let found = PURPOSES.iter().find(|(of, at, _)| (*of, *at) == (method, path));
    found.map(|(.., purpose)| *purpose)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::{Api, ROUTES};

    #[test]
    fn methods_of_one_path_have_purposes_of_their_own_and_none_is_of_no_route() {
        let mut known = 0;
        for route in ROUTES.iter().filter(|route| matches!(route.api(), Api::Admin | Api::Sandbox))
        {
            let methods: Vec<_> = route.methods.split(' ').collect();
            let purposes: Vec<_> =
                methods.iter().filter_map(|method| purpose(method, route.path)).collect();
            known += purposes.len();
            let wanted = if methods.len() > 1 { methods.len() } else { 0 };
            assert_eq!(purposes.len(), wanted, "{} {}", route.methods, route.path);
        }
        assert_eq!(known, PURPOSES.len());
    }
}
