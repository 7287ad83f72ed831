//! Error numbers that are no HTTP statuses. Some providers send them inside answers of 200, or beside a status that says
//! less: an account without money is a 429 at Zhipu. The place says whose numbers they are.

use serde_json::Value;

/// The HTTP status that a provider's own error number stands for. `None`: there is none, or nobody knows it.
pub(crate) fn status(value: &Value) -> Option<u16> {
    let number = |place| {
        let number = value.pointer(place)?;
        number.as_u64().or_else(|| number.as_str()?.parse().ok())
    };
    if let Some(number) = number("/base_resp/status_code") {
        return minimax(number);
    }
    number("/error/code").or_else(|| number("/code")).and_then(zhipu)
}

/// <https://platform.minimax.io/docs/api-reference/errorcode>
fn minimax(number: u64) -> Option<u16> {
    Some(match number {
        1000 | 1013 | 1024 | 1033 => 500,
        1001 => 504,
        1002 | 1039 | 1041 | 2045 | 2056 => 429,
        1004 | 2049 => 401,
        1008 => 402,
        1026 | 1027 | 1042 | 2013 => 400,
        _ => return None,
    })
}

/// <https://docs.z.ai/api-reference/api-code>
fn zhipu(number: u64) -> Option<u16> {
    Some(match number {
        1000..=1004 => 401,
        1110..=1113 | 1121 | 1309 => 402,
        1210 | 1212..=1215 | 1261 | 1300 | 1301 => 400,
        1211 | 1221 | 1222 => 404,
        1120 | 1200 | 1230 | 1234 => 500,
        1302..=1305 | 1308 | 1310 => 429,
        _ => return None,
    })
}
