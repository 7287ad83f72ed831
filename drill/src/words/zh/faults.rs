//! What the misbehaving upstream does: `drill upstream --list`.

use vitals::catalogue::Pairs;

/// Of requests.
pub(super) const REQUESTS: Pairs = &[
    ("answers well", "正常应答"),
    ("a good answer", "正常应答"),
    (
        "answers with status ARG and a complete error body; 429 with retry-after",
        "状态 ARG 和完整的错误正文；429 带 retry-after",
    ),
    (
        "status ARG, error body shorter than its content-length, then closes",
        "状态 ARG，错误正文比 content-length 短，然后关闭",
    ),
    (
        "status ARG, chunked error body without its end, then closes",
        "状态 ARG，分块的错误正文没有结尾，然后关闭",
    ),
    ("status ARG, resets the connection inside the error body", "状态 ARG，错误正文中途重置连接"),
    (
        "status ARG, complete headers, then not a byte of the body",
        "状态 ARG，响应头完整，之后正文一个字节也没有",
    ),
    ("status ARG, half of the error body, then nothing", "状态 ARG，错误正文只有一半，之后没有了"),
    (
        "status ARG, an error body that never ends, as fast as it is read",
        "状态 ARG，没有尽头的错误正文，读多快发多快",
    ),
    ("status 500, an error body of ARG MiB", "状态 500，ARG MiB 的错误正文"),
    ("200 application/json that contains an error", "200 application/json，内容是错误"),
    ("the same with `; charset=utf-8`", "同上，带 `; charset=utf-8`"),
    (
        "200 application/json with a complete answer, also to a stream request",
        "200 application/json 和完整的应答，对流式请求也是",
    ),
    ("200 event stream, also to a request without `stream`", "200 事件流，对没有 `stream` 的请求也是"),
    ("200 event stream whose first event is an error", "200 事件流，第一个事件就是错误"),
    ("an error event after ARG tokens", "ARG 个 token 之后一个错误事件"),
    ("200 headers, then nothing", "200 的响应头，之后没有了"),
    ("reads the request and never answers", "读完请求，始终不应答"),
    (
        "ARG tokens, then nothing; half of the body where no stream was asked for",
        "ARG 个 token，之后没有了；没要流时是半个正文",
    ),
    ("a comment every ARG ms and nothing else", "每 ARG ms 一条注释，没有别的"),
    ("a byte every ARG ms of one event that never ends", "每 ARG ms 一个字节，属于一个没有尽头的事件"),
    ("200 event stream that ends without an event", "200 事件流，没有事件就结束"),
    ("opening events, no content, clean end", "开头的事件，没有内容，正常结束"),
    ("an endless stream, as fast as it is read", "没有尽头的流，读多快发多快"),
    ("a good stream with one event of ARG MiB in it", "正常的流，其中一个事件有 ARG MiB"),
    (
        "200 application/json with one text of ARG MiB in it, also to a stream request",
        "200 application/json，其中一段文本有 ARG MiB，对流式请求也是",
    ),
    ("one event that never ends, as fast as it is read", "一个没有尽头的事件，读多快发多快"),
    (
        "absent, null or wrongly typed fields, variant ARG of 1 to 9",
        "字段缺失、为 null 或类型不对，ARG 是 1 到 9 的变体",
    ),
    (
        "ARG tokens, then a clean end without finish_reason or terminator",
        "ARG 个 token，然后正常结束，没有 finish_reason 和终止标记",
    ),
    ("ARG tokens, then closes without the last chunk", "ARG 个 token，没有最后一块就关闭"),
    ("finish_reason, then a clean end without the terminator", "finish_reason，然后正常结束，没有终止标记"),
    (
        "content-length larger than what comes, stream or not, then closes",
        "content-length 大于实际内容（流或不是流），然后关闭",
    ),
    ("ARG tokens, then resets the connection inside a chunk", "ARG 个 token，然后在一块的中途重置连接"),
    (
        "status ARG after 4 KiB of the request's body, then reads slowly until the peer closes",
        "读到 4 KiB 请求正文就给出状态 ARG，然后慢慢读到对方关闭",
    ),
    (
        "reads no more of a request's body than 4 KiB for ARG ms, then slowly until the peer closes; never answers",
        "ARG ms 之内只读 4 KiB 请求正文，然后慢慢读到对方关闭；始终不应答",
    ),
    ("a good answer that promises keep-alive, then closes", "正常应答，承诺 keep-alive，然后关闭"),
    ("closes instead of answering", "不应答，直接关闭"),
    ("resets the connection instead of answering", "不应答，直接重置连接"),
    (
        "HTTP/2: GOAWAY after half of a good answer, whose streams are all finished; HTTP/1.1: closes after it",
        "HTTP/2：正常应答到一半时 GOAWAY，各个流都会做完；HTTP/1.1：应答之后关闭",
    ),
    (
        "HTTP/2: GOAWAY that leaves this request out, the first ARG times that its body comes; then a good answer",
        "HTTP/2：请求正文前 ARG 次到来时 GOAWAY，不包括这个请求；之后正常应答",
    ),
    (
        "HTTP/2: REFUSED_STREAM the first ARG times that this body comes; then a good answer",
        "HTTP/2：请求正文前 ARG 次到来时 REFUSED_STREAM；之后正常应答",
    ),
    (
        "HTTP/2: RST_STREAM with code ARG instead of an answer; HTTP/1.1: resets the connection",
        "HTTP/2：不应答，以代码 ARG 发 RST_STREAM；HTTP/1.1：重置连接",
    ),
    ("the same after five tokens", "同上，在五个 token 之后"),
    (
        "HTTP/2: takes the first 64 KiB of an upload, never opens its window again, and never answers",
        "HTTP/2：收下上传的前 64 KiB，不再开放窗口，始终不应答",
    ),
    (
        "a good answer, gzipped although identity was asked for, each token flushed, one every ARG ms",
        "正常应答，要的是 identity 却用 gzip 压缩，逐个 token 发出，每 ARG ms 一个",
    ),
    ("the same, deflated", "同上，用 deflate 压缩"),
    (
        "gzipped, ARG tokens, then a clean end inside the compressed data",
        "gzip 压缩，ARG 个 token，然后在压缩数据中途正常结束",
    ),
    ("answers with status ARG and a gzipped error body", "状态 ARG 和 gzip 压缩的错误正文"),
    ("gzipped, a good answer with one text of ARG MiB in it", "gzip 压缩的正常应答，其中一段文本有 ARG MiB"),
    ("302 to another place", "302 到别处"),
    (
        "a good answer in unusual but valid HTTP, variant ARG of 1 to 6",
        "正常应答，HTTP 写法少见但合法，ARG 是 1 到 6 的变体",
    ),
    (
        "an answer in HTTP that contradicts itself, variant ARG of 1 to 15",
        "应答的 HTTP 自相矛盾，ARG 是 1 到 15 的变体",
    ),
    (
        "a good answer with cookies, hop-by-hop and other headers that are not for clients",
        "正常应答，带 cookie、逐跳头和其他不该给客户端的头",
    ),
    ("an HTML page with status ARG", "状态 ARG 的 HTML 页面"),
    ("200 with an empty body", "200，正文为空"),
    ("a whole answer and bytes beyond its content-length", "完整的应答，之后还有超出 content-length 的数据"),
    ("two whole answers to one request", "一个请求来两个完整的应答"),
    (
        "finish_reason (or counts after it) without the blank line behind it, then a clean end",
        "finish_reason（或其后的计数）后面没有空行，然后正常结束",
    ),
    ("finish_reason, then nothing: the body stays open", "finish_reason，之后没有了：正文不结束"),
    (
        "finish_reason (or counts after it) without the blank line behind it, then nothing",
        "finish_reason（或其后的计数）后面没有空行，之后没有了",
    ),
    (
        "a good answer, and ARG ms after it another one that nobody asked for",
        "正常应答，ARG ms 之后又来一个没人要的",
    ),
    ("more events after the terminal event", "终止事件之后还有事件"),
    ("terminal event, then the body stays open", "终止事件之后正文不结束"),
    (
        "a good stream, one token every ARG ms; a whole answer after ARG ms",
        "正常的流，每 ARG ms 一个 token；完整的应答在 ARG ms 之后",
    ),
    ("a good answer of ARG tokens", "ARG 个 token 的正常应答"),
    ("a stream, or a body, that is not UTF-8 in one place", "流或正文有一处不是 UTF-8"),
    ("a good answer in writes of one byte", "正常应答，一次写一个字节"),
    (
        "a good stream with comments, CRLF, unknown fields and no space after `data:`",
        "正常的流，带注释、CRLF、不认识的字段，`data:` 后面没有空格",
    ),
    (
        "a good answer that says that it was stopped: ARG 0 at its limit of tokens, 1 by a filter",
        "正常应答，并说明它被停止：ARG 0 是达到 token 上限，1 是内容过滤",
    ),
    (
        "Responses: ARG tokens, then `response.failed`, or a response that failed; elsewhere an error",
        "Responses：ARG 个 token，然后 `response.failed`，或失败的应答；其他方言是错误",
    ),
    (
        "Gemini: a good answer with finishReason ARG of STOP, SAFETY, RECITATION, PROHIBITED_CONTENT, OTHER, MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL, SOMETHING_NEW",
        "Gemini：正常应答，finishReason 是 STOP、SAFETY、RECITATION、PROHIBITED_CONTENT、OTHER、MALFORMED_FUNCTION_CALL、UNEXPECTED_TOOL_CALL、SOMETHING_NEW 中的第 ARG 个",
    ),
    (
        "Gemini: no candidates but a blockReason; elsewhere nothing to say",
        "Gemini：没有候选应答，只有 blockReason；其他方言没有内容",
    ),
    (
        "a good answer with a filter's findings alone before every token and after the reason to stop",
        "正常应答，每个 token 之前和结束原因之后只有内容过滤的结果",
    ),
];

/// Of connections.
pub(super) const CONNECTIONS: Pairs = &[
    ("HTTP/2: SETTINGS allow ARG streams at once", "HTTP/2：SETTINGS 只允许同时 ARG 个流"),
    (
        "HTTP/2: reads the preface and never says a word, not even SETTINGS",
        "HTTP/2：读完前言，什么也不说，连 SETTINGS 也没有",
    ),
    ("HTTP/2: the peer's SETTINGS are never acknowledged", "HTTP/2：始终不确认对方的 SETTINGS"),
    ("TLS: the handshake is never answered", "TLS：始终不回应握手"),
    ("TLS: the certificate is for another name", "TLS：证书是给别的名字的"),
    ("TLS: the certificate has expired", "TLS：证书已过期"),
    ("TLS: nobody vouches for the certificate's authority", "TLS：没有人担保证书的签发机构"),
];
