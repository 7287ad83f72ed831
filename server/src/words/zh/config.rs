//! Mistakes of a configuration.

use vitals::catalogue::Pairs;

/// What is wrong as a whole: a key, its kind, its place.
pub(super) const READING: Pairs = &[
    ("{place}:{#line}: {~what}", "{place}:{line}: {~what}"),
    ("not valid TOML: {~why}", "不是有效的 TOML：{~why}"),
    ("missing `{name}`, such as {key} = {~example}", "缺少 `{name}`，例如 {key} = {~example}"),
    ("unknown key `{name}`, {~cure}", "未知的配置项 `{name}`，{~cure}"),
    ("did you mean `{near}`?", "是不是 `{near}`？"),
    ("did you mean \"{near}\"?", "是不是 \"{near}\"？"),
    ("it belongs into {home}", "它属于 {home}"),
    ("known here are {names}", "这里可以写 {names}"),
    ("known are {names}", "可以写 {names}"),
    ("`{name}` is empty: {~cure}", "`{name}` 是空的：{~cure}"),
    ("name one, or leave it out", "写一个，或者不写这一项"),
    ("name a pattern such as \"*\", or leave it out", "写一个模式，例如 \"*\"，或者不写这一项"),
    ("`{name}`: {~why}", "`{name}`：{~why}"),
    (
        "`{name}` is {~found}{~shown}, expected {~kind} such as {~example}",
        "`{name}` 是{~found}{~shown}，应是{~kind}，例如 {~example}",
    ),
    (" ({shown})", "（{shown}）"),
    (
        "`{name}` = {shown} is out of bounds, expected {least} to {most}",
        "`{name}` = {shown} 超出范围，应在 {least} 到 {most} 之间",
    ),
    ("\"{one}\" or {other}", "\"{one}\" 或 {other}"),
];

/// Kinds of values: those of TOML, and those that are wanted.
pub(super) const KINDS: Pairs = &[
    ("a string", "字符串"),
    ("an integer", "整数"),
    ("a float", "小数"),
    ("a boolean", "布尔值"),
    ("a datetime", "日期时间"),
    ("an array", "数组"),
    ("a table", "表"),
    ("a list of tables", "表的列表"),
    ("a whole number", "整数"),
    ("true or false", "true 或 false"),
    ("a word", "一个词"),
    ("a word or a table", "一个词或一张表"),
    ("a text", "文本"),
    ("a name", "名字"),
    ("a path", "路径"),
    ("a query", "查询参数"),
    ("a duration", "时长"),
    ("a size", "大小"),
    ("a size or a share of the memory", "大小或占内存的比例"),
    ("a rate", "速率"),
    ("a hash", "哈希"),
    ("an address and a port", "地址和端口"),
    ("a URL", "URL"),
    ("a proxy", "代理"),
    ("a provider", "供应商"),
    ("a dialect", "方言"),
    ("a list of models", "模型的列表"),
    ("a list of model patterns", "模型模式的列表"),
    ("a model pattern", "模型模式"),
    ("a model's name", "模型名"),
    ("a list of origins", "来源（origin）的列表"),
    ("a reference to a secret", "对密钥的引用"),
    ("a list of references to secrets", "对密钥的引用的列表"),
    ("a header's value", "请求头的值"),
    (
        "\"sha256:…\", made by `watertight keys hash`, or \"env:NAME\" or \"file:/path\" that holds it",
        "\"sha256:…\"（用 `watertight keys hash` 生成），或者存有它的 \"env:NAME\"、\"file:/path\"",
    ),
    ("\"sha256:…\", made by `watertight keys hash`", "\"sha256:…\"，用 `watertight keys hash` 生成"),
];

/// Values.
pub(super) const VALUES: Pairs = &[
    (
        "`{text}` is not a duration: write a number with a unit, like 500ms, 5s, 15m or 1h30m",
        "`{text}` 不是时长：请写带单位的数字，例如 500ms、5s、15m 或 1h30m",
    ),
    (
        "`{text}` is not a size: write a number with a unit, like 64KiB, 32MiB or 1GiB",
        "`{text}` 不是大小：请写带单位的数字，例如 64KiB、32MiB 或 1GiB",
    ),
    (
        "`{text}` is not a share of the memory between 1% and 90%",
        "`{text}` 不是占内存的比例，应在 1% 到 90% 之间",
    ),
    (
        "`{text}` is not a rate: write requests and time, such as \"60/m\", \"10/s\" or \"5/30s\"",
        "`{text}` 不是速率：请写请求数和时间，例如 \"60/m\"、\"10/s\" 或 \"5/30s\"",
    ),
    (
        "`{text}` is out of bounds: 1 to 1000000 requests in 1s to 24h",
        "`{text}` 超出范围：可以是 1s 到 24h 内 1 到 1000000 个请求",
    ),
    ("`{word}` is not known: write \"on\" or \"off\"", "不认识 `{word}`：请写 \"on\" 或 \"off\""),
    (
        "`{word}` is not known: \"cancel\" drops the upstream when the client leaves, \"drain\" reads a stream on for its usage",
        "不认识 `{word}`：\"cancel\" 在客户端离开时立即断开上游，\"drain\" 继续把流读完，以便统计用量",
    ),
    (
        "`{word}` is not known: \"drop\" leaves out hints that the upstream's dialect does not have, and names them; \"refuse\" answers 400",
        "不认识 `{word}`：\"drop\" 去掉上游的方言里没有的提示并说明去掉了哪些，\"refuse\" 应答 400",
    ),
    (
        "`{word}` is not known: \"auto\" leaves out sampling fields for models that refuse them, \"keep\" for none, \"drop\" for all",
        "不认识 `{word}`：\"auto\" 只对拒绝采样字段的模型去掉这些字段，\"keep\" 都不去掉，\"drop\" 都去掉",
    ),
    (
        "`{word}` is not known: \"known\" lets callers use the ids that they got here, \"pass\" also those that nobody is known to have got",
        "不认识 `{word}`：\"known\" 只允许调用方使用从这里得到的 id，\"pass\" 还允许来历不明的 id",
    ),
    (
        "`{word}` is not known: use \"bearer\", \"x-api-key\", \"x-goog-api-key\", \"header:NAME\", \"query:NAME\", \"google-oauth\", \"sigv4\" or \"none\"",
        "不认识 `{word}`：可以写 \"bearer\"、\"x-api-key\"、\"x-goog-api-key\"、\"header:NAME\"、\"query:NAME\"、\"google-oauth\"、\"sigv4\" 或 \"none\"",
    ),
    ("`{text}` is not an address to listen on: {~hint}", "`{text}` 不是可以监听的地址：{~hint}"),
    (
        "write an IP address and a port, such as \"127.0.0.1:3000\" or \"0.0.0.0:3000\"",
        "请写 IP 地址和端口，例如 \"127.0.0.1:3000\" 或 \"0.0.0.0:3000\"",
    ),
    ("write it like \"https://api.openai.com\"", "请写成 \"https://api.openai.com\" 的样子"),
    ("`{text}` is not a URL ({~why}): {~example}", "`{text}` 不是 URL（{~why}）：{~example}"),
    (
        "`{text}` does not begin with http:// or https://: {~example}",
        "`{text}` 不是以 http:// 或 https:// 开头：{~example}",
    ),
    ("`{text}` has no host: {~example}", "`{text}` 没有主机名：{~example}"),
    (
        "the URL contains a user or a password: put keys into `keys`, as \"env:NAME\" or \"file:/path\"",
        "URL 里有用户名或密码：密钥请写在 `keys` 里，写成 \"env:NAME\" 或 \"file:/path\"",
    ),
    ("`{path}` has a query or a fragment: {~example}", "`{path}` 带有查询参数或片段：{~example}"),
    (
        "`{shown}` is not a proxy ({~why}): write it like \"socks5://127.0.0.1:1080\"",
        "`{shown}` 不是代理（{~why}）：请写成 \"socks5://127.0.0.1:1080\" 的样子",
    ),
    ("known are http, https and socks5", "只支持 http、https 和 socks5"),
    ("no host and port", "没有主机和端口"),
    ("it has a path", "带有路径"),
    ("it has no host", "没有主机名"),
    ("its port `{digits}` is not between 1 and 65535", "端口 `{digits}` 不在 1 到 65535 之间"),
    (
        "`{text}` is not an origin: it is \"*\", or scheme, host and port such as \"https://app.example.com\"",
        "`{text}` 不是来源（origin）：可以是 \"*\"，或者协议、主机和端口，例如 \"https://app.example.com\"",
    ),
    (
        "a model pattern has 1 to 256 characters, such as \"gpt-*\"",
        "模型模式有 1 到 256 个字符，例如 \"gpt-*\"",
    ),
    (
        "`{sign}` in the model pattern `{text}` is not allowed: the only wildcard is `*`",
        "模型模式 `{text}` 里不能有 `{sign}`：通配符只有 `*`",
    ),
    (
        "a path begins with `/`; what follows a `?` belongs into `query`",
        "路径以 `/` 开头；`?` 后面的部分写在 `query` 里",
    ),
    (
        "`{name}={text}` is not one parameter of a query: \"api-version=2024-10-21\"",
        "`{name}={text}` 不是一个查询参数，应像 \"api-version=2024-10-21\"",
    ),
    (
        "`{text}` has a character that no URL has: percent-encode it",
        "`{text}` 里有 URL 不能有的字符：请做百分号编码",
    ),
    (
        "a value is 1 to 128 letters, digits, `-`, `.`, `_` and `:`",
        "值由 1 到 128 个字母、数字、`-`、`.`、`_` 和 `:` 组成",
    ),
    ("a `}}` without its `{{`", "有 `}}` 而没有 `{{`"),
    ("a `{{` without its `}}`", "有 `{{` 而没有 `}}`"),
    (
        "a placeholder's name is of small letters, digits and `_`: {{model}}",
        "占位符的名字由小写字母、数字和 `_` 组成，例如 {{model}}",
    ),
];

/// What belongs to a channel or a caller.
pub(super) const RECORDS: Pairs = &[
    (
        "a parameter's name is of letters, digits, `-`, `_` and `.`: \"query:key\"",
        "参数名由字母、数字、`-`、`_` 和 `.` 组成，例如 \"query:key\"",
    ),
    (
        "`{name}` is not a header's name: \"header:api-key\"",
        "`{name}` 不是请求头的名字，应像 \"header:api-key\"",
    ),
    (
        "the header `{name}` is the relay's own business: name another one",
        "请求头 `{name}` 由中继自己填写：请换一个",
    ),
    ("this is not a header's name", "这不是请求头的名字"),
    ("this header is the relay's own business: leave it out", "这个请求头由中继自己填写：请去掉"),
    ("a header's value is one line of visible characters", "请求头的值是一行可见字符"),
    (
        "the key `{name}` has the same hash as another: one key, one caller",
        "密钥 `{name}` 的哈希与另一个相同：一个密钥对应一个调用方",
    ),
    ("`{text}` holds no hash: {~wanted}", "`{text}` 里没有哈希：{~wanted}"),
    (
        "the name of a {~kind} has 1 to 64 characters without quotes and control characters",
        "{~kind}的名字有 1 到 64 个字符，不能有引号和控制字符",
    ),
    (
        "there is another {~kind} named `{name}`: give each its own `name`",
        "已经有名为 `{name}` 的{~kind}：每一个的 `name` 都要不同",
    ),
    ("channel", "渠道"),
    ("key", "密钥"),
    (
        "missing `keys`: {name} wants one, such as keys = [\"env:{variable}\"]",
        "缺少 `keys`：{name} 需要密钥，例如 keys = [\"env:{variable}\"]",
    ),
    (
        "the demo provider has no address: leave `path` and `query` out",
        "demo 供应商没有地址：不要写 `path` 和 `query`",
    ),
    ("the environment variable {variable}: {~why}", "环境变量 {variable}：{~why}"),
    ("`{name}` is not a provider{~cure}", "`{name}` 不是供应商{~cure}"),
    (", did you mean `{near}`?", "，是不是 `{near}`？"),
    (": known are {names}", "：可以写 {names}"),
    ("`{name}` is not a dialect: {~cure}", "`{name}` 不是方言：{~cure}"),
    ("`{name}` is one model's name, without wildcards", "`{name}` 是一个模型的名字，不能有通配符"),
    ("is one model's name", "要写一个模型的名字"),
    ("`{name}` is a pattern: name one model", "`{name}` 是模式：请写一个模型"),
    ("`{name}` stands in for itself: that is a loop", "`{name}` 的备用模型是它自己：这是死循环"),
    ("`{name}` is named twice", "`{name}` 写了两次"),
    ("name one model, without wildcards", "请写一个模型，不能有通配符"),
    ("`{name}` names 1 to {most} models", "`{name}` 可以写 1 到 {most} 个模型"),
    (
        "`failover.fallbacks` names the model `{model}`, which no channel serves: {~cure}add it to a channel's models",
        "`failover.fallbacks` 里的模型 `{model}` 没有任何渠道提供：{~cure}请把它加到某个渠道的 models 里",
    ),
    ("did you mean `{near}`? If not, ", "是不是 `{near}`？如果不是，"),
    ("did you mean `{{{near}}}`? If not, ", "是不是 `{{{near}}}`？如果不是，"),
    (
        "`{name}`: `{value}` is filled by each request: leave it out",
        "`{name}`：`{value}` 由每个请求填写：请去掉",
    ),
    (
        "`{name}`: `{value}` is in no part of this channel's address: {~near}leave it out",
        "`{name}`：这个渠道的地址里没有 `{value}`：{~near}请去掉",
    ),
    (
        "`{{{name}}}` stands for nothing: {~near}give it, such as values = {{ {value} = \"{example}\" }}; {known} are filled by each request",
        "`{{{name}}}` 没有值：{~near}请填写，例如 values = {{ {value} = \"{example}\" }}；{known} 由每个请求填写",
    ),
    (
        "`keys` holds a JSON document: only auth = \"google-oauth\" takes one",
        "`keys` 里是 JSON 文档：只有 auth = \"google-oauth\" 接受",
    ),
    (
        "this is not a service account's key in JSON: make one in Google's console",
        "这不是 JSON 格式的服务账号密钥：请在 Google 控制台生成",
    ),
    (
        "this is not the key of a service account: its `type` is another",
        "这不是服务账号的密钥：它的 `type` 是别的",
    ),
    ("its `private_key` is not PEM", "它的 `private_key` 不是 PEM"),
    ("its `private_key` is not an RSA key in PKCS#8", "它的 `private_key` 不是 PKCS#8 格式的 RSA 密钥"),
    ("its `client_email` is missing", "它缺少 `client_email`"),
    ("its `token_uri` is not a URL", "它的 `token_uri` 不是 URL"),
    (
        "`sigv4` wants a {name}: give it, such as values = {{ {key} = \"{example}\" }}",
        "`sigv4` 需要 {name}：请填写，例如 values = {{ {key} = \"{example}\" }}",
    ),
    (
        "`sigv4` wants credentials: keys = [\"file:/run/secrets/aws\"] with ID:SECRET in it, or the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE",
        "`sigv4` 需要凭据：keys = [\"file:/run/secrets/aws\"]，文件里是 ID:SECRET；或者环境变量 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY，或者 AWS_ROLE_ARN 和 AWS_WEB_IDENTITY_TOKEN_FILE",
    ),
    (
        "`keys`: a key of AWS's is written ID:SECRET, or ID:SECRET:TOKEN",
        "`keys`：AWS 的密钥写成 ID:SECRET 或 ID:SECRET:TOKEN",
    ),
    ("the id of a key of AWS's is of letters and digits", "AWS 密钥的 id 由字母和数字组成"),
];

/// What stands outside of the file, and what holds for several values together.
pub(super) const AROUND: Pairs = &[
    ("no such file", "没有这个文件"),
    ("permission denied", "没有权限"),
    ("it is a folder", "它是目录"),
    ("it is not UTF-8 text", "它不是 UTF-8 文本"),
    ("it is UTF-16 without a byte order mark: save it as UTF-8", "它是没有 BOM 的 UTF-16：请另存为 UTF-8"),
    ("cannot read the configuration: {~why}{~cure}", "无法读取配置：{~why}{~cure}"),
    ("; write one with `watertight init`, or leave out -c", "；用 `watertight init` 写一份，或者不写 -c"),
    ("`{value}` is not {~wanted}: correct it or unset it", "`{value}` 不是{~wanted}：请改正或取消设置"),
    ("a port between 0 and 65535", " 0 到 65535 之间的端口"),
    ("a whole number of seconds up to 86400 (0: the default)", "秒数：应是不超过 86400 的整数（0 是默认值）"),
    (
        "there is no channel: add [[channels]], set a provider's key such as OPENAI_API_KEY, or start with --demo",
        "没有渠道：请加 [[channels]]，设置供应商的密钥（例如 OPENAI_API_KEY），或用 --demo 启动",
    ),
    (
        "`cors.origins` lists \"*\" while there are no [[keys]]: any page could spend your money; add [[keys]], or list the pages' origins",
        "`cors.origins` 里有 \"*\"，却没有 [[keys]]：任何网页都可以花您的钱；请加 [[keys]]，或者列出网页的来源",
    ),
    (
        "`monitor.listen` ({monitor}) is taken by `listen` ({main}): choose another port",
        "`monitor.listen`（{monitor}）已被 `listen`（{main}）占用：请换一个端口",
    ),
    (
        "`limits.{key}` is larger than `limits.buffered` ({budget}), which is for all bodies together",
        "`limits.{key}` 大于 `limits.buffered`（{budget}），后者是所有正文合计的上限",
    ),
    (
        "`monitor.warning` ({warning}) is above `monitor.danger` ({danger}): lower it or raise the other",
        "`monitor.warning`（{warning}）高于 `monitor.danger`（{danger}）：请调低前者或调高后者",
    ),
    (
        "the environment variable `{name}` is not set: export it, or use \"file:/path\"",
        "没有设置环境变量 `{name}`：请先 export，或者用 \"file:/path\"",
    ),
    ("the environment variable `{name}` {~why}", "环境变量 `{name}` {~why}"),
    ("the environment variable GCE_METADATA_HOST: {~why}", "环境变量 GCE_METADATA_HOST：{~why}"),
    ("the environment variable AWS_ENDPOINT_URL_STS: {~why}", "环境变量 AWS_ENDPOINT_URL_STS：{~why}"),
    ("the environment variable AWS_SESSION_TOKEN {~why}", "环境变量 AWS_SESSION_TOKEN {~why}"),
    (
        "the environment variable {name}: cannot read `{path}`: {~why}",
        "环境变量 {name}：无法读取 `{path}`：{~why}",
    ),
    ("the environment variable {name}: `{path}`: {~why}", "环境变量 {name}：`{path}`：{~why}"),
    ("cannot read the secret in `{path}`: {~why}", "无法读取 `{path}` 里的密钥：{~why}"),
    ("the secret in `{path}` {~why}", "`{path}` 里的密钥{~why}"),
    ("is empty", "是空的"),
    ("has more than one line: keep one secret in a file", "不止一行：一个文件里只放一个密钥"),
    ("contains a space or a character that no header can carry", "含有空格或请求头不能有的字符"),
    (
        "a secret must not stand in the configuration: write \"env:NAME\" or \"file:/path/to/secret\" instead",
        "密钥不能直接写在配置里：请写成 \"env:NAME\" 或 \"file:/path/to/secret\"",
    ),
    (
        "the key in `{key}` does not belong to the certificate in `{cert}`",
        "`{key}` 里的私钥与 `{cert}` 里的证书不配套",
    ),
    ("`{cert}` and `{key}` cannot be used: {~error}", "`{cert}` 和 `{key}` 不能用：{~error}"),
    ("there is no `-----BEGIN CERTIFICATE-----` in it", "里面没有 `-----BEGIN CERTIFICATE-----`"),
    ("`{name}` holds no certificate in PEM form: {~why}", "`{name}` 里没有 PEM 格式的证书：{~why}"),
    (
        "there is no `-----BEGIN PRIVATE KEY-----` in it (a password is not supported)",
        "里面没有 `-----BEGIN PRIVATE KEY-----`（不支持带密码的私钥）",
    ),
    ("it is not PEM", "它不是 PEM"),
    ("`{name}` holds no private key: {~why}", "`{name}` 里没有私钥：{~why}"),
    ("cannot read `{path}`: {~why}", "无法读取 `{path}`：{~why}"),
    ("there is too little randomness to make a key", "随机数不足，无法生成密钥"),
    (
        "cannot keep the first key, which a public address needs: {~why}; make the folder writable, {~cure}",
        "无法保存第一个密钥，而公开的地址需要密钥：{~why}；请让目录可写，{~cure}",
    ),
    (
        "put [[keys]] with a `hash` from `watertight keys new` (or a reference to a secret that holds it, such as `file:/run/secrets/watertight-key`) into the configuration, or listen on 127.0.0.1",
        "或在配置里写 [[keys]]，`hash` 用 `watertight keys new` 生成（也可以写对密钥的引用，例如 `file:/run/secrets/watertight-key`），或只监听 127.0.0.1",
    ),
    ("cannot read the first key: {~why}", "无法读取第一个密钥：{~why}"),
    ("there is no key in it: delete it, and a new key is made", "里面没有密钥：请删除它，会生成新的密钥"),
];
