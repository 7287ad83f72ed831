use super::*;

/// Every row in a few characters.
fn rows(text: &str) -> Result<Vec<String>, NoRecording> {
    let mut rows = Vec::new();
    let mut take = |time: &str, row: Line<'_>| {
        rows.push(match row {
            Line::Good(poll, _) => {
                let number = |n: Option<u64>| n.map_or("-".to_owned(), |n| n.to_string());
                let sample = &poll.sample;
                let (all, memory) = (number(sample.goroutines), number(sample.alloc_bytes));
                format!("{time} {all} {memory} {}", number(poll.latency_us))
            }
            Line::Failed(kind, _) => format!("{time} failed {kind}"),
            Line::Foreign(foreign) => format!("foreign {}", foreign.line),
        });
    };
    read(text.as_bytes(), &mut take).unwrap()?;
    Ok(rows)
}

#[test]
fn our_recordings_with_failures_and_holes() {
    let header = "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes";
    let text =
        format!("{header}\nT1,0.0,0,1,,1.2,ok,312,18\nT2,5.0,1,0,refused,,,,\nT3,10.0,2,1,,2,\"a,b\",,\n");
    let expected = ["T1 312 18 1200", "T2 failed refused", "T3 - - 2000"];
    assert_eq!(rows(&text).unwrap(), expected);
    assert_eq!(rows(&text.replace('\n', "\r\n")).unwrap(), expected, "as Windows writes it");
    assert_eq!(rows(&format!("\u{feff}{text}")).unwrap(), expected, "with a byte order mark");
}

#[test]
fn columns_go_by_name_and_unknown_ones_are_left_alone() {
    let text = "goroutines,note,ts\n5,x,T1\n";
    assert_eq!(rows(text).unwrap(), ["T1 5 - -"]);
}

#[test]
fn rows_say_which_instance_they_are_of() {
    let csv =
        "ts,ok,error,status,goroutines,instance\nT1,1,,fine,5,a:80\nT2,0,refused,,,b:80\nT3,1,,,6,\"a,b\"\n";
    let ndjson = concat!(
        r#"{"type":"sample","ts":"T1","ok":true,"status":"fine","goroutines":5,"instance":"a:80"}"#,
        "\n",
        r#"{"type":"sample","ts":"T2","ok":false,"error":{"kind":"refused"},"instance":"b:80"}"#,
        "\n",
        r#"{"type":"sample","ts":"T3","ok":true,"goroutines":6,"instance":"a,b"}"#,
        "\n",
    );
    for text in [csv, ndjson] {
        let mut said = Vec::new();
        let mut take = |_: &str, row: Line<'_>| {
            let (Line::Good(_, words) | Line::Failed(_, words)) = row else { return };
            said.push([words.status, words.instance].map(|text| String::from_utf8_lossy(text).into_owned()));
        };
        read(text.as_bytes(), &mut take).unwrap().unwrap();
        assert_eq!(said, [["fine", "a:80"], ["", "b:80"], ["", "a,b"]]);
    }
}

#[test]
fn lines_that_are_no_rows_are_counted_not_believed() {
    let text = "ts,goroutines\nT1,5\nT2\nT3,x\n,7\nT4,99999999999999999999\nT5,-1\nT6,6\n";
    assert_eq!(
        rows(text).unwrap(),
        ["T1 5 - -", "foreign 3", "foreign 4", "foreign 5", "foreign 6", "foreign 7", "T6 6 - -"]
    );
}

#[test]
fn a_quotation_mark_anywhere_changes_nothing_else() {
    let text = "ts,ok,error,goroutines\nT1,1,,5\n\nT2,0,\"a,\"\"b\",\nT3,1,,\"6\"\nT4\nT5,1,,7,8\nT6,1,,9\n";
    assert_eq!(
        rows(text).unwrap(),
        ["T1 5 - -", "T2 failed a,\"b", "T3 6 - -", "foreign 6", "foreign 7", "T6 9 - -"]
    );
}

#[test]
fn logs_of_the_old_scripts() {
    let text =
        "[T1] Goroutines: 856, Memory: 2MB\r\n\r\n[T2] Goroutines: , Memory: MB\nhello\n[T3] Goroutines: 5\n";
    assert_eq!(rows(text).unwrap(), ["T1 856 2097152 -", "T2 failed content", "foreign 4", "T3 5 - -"]);
    assert_eq!(rows(&format!("\u{feff}{}", "[T1] Goroutines: 1\n")).unwrap(), ["T1 1 - -"]);
}

#[test]
fn ndjson_of_record_and_of_watch() {
    let text = r#"{"type":"sample","ts":"T1","elapsed_s":0.0,"seq":0,"ok":true,"error":null,"latency_ms":1.2,"goroutines":312,"alloc_bytes":18,"verdict":"ok"}
{"type":"sample","ts":"T2","elapsed_s":5.0,"seq":1,"ok":false,"error":{"kind":"refused","text":"x"}}
hello
{"type":"summary","polls":2}
"#;
    assert_eq!(rows(text).unwrap(), ["T1 312 18 1200", "T2 failed refused", "foreign 3"]);
}

#[test]
fn what_is_no_recording_says_why() {
    for (text, why) in [
        ("hello\n", "its line 1 is `hello`"),
        ("{\"schema\":1}\n", "is not a recording"),
        ("1,2,3\n", "not a header"),
        ("ts,count\nT1,5\n", "has no column `goroutines`"),
        ("time,goroutines\nT1,5\n", "has no column `ts`"),
    ] {
        let error = rows(text).unwrap_err();
        let error = words::no_recording(&error);
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn what_another_program_saved_is_read_as_well() {
    let expected = ["T1 312 18 1200", "T2 failed refused", "T3 7 - -"];
    let text =
        "ts,ok,error,latency_ms,goroutines,alloc_bytes\nT1,1,,1.2,312,18\nT2,0,refused,,,\nT3,1,,,7,\n";
    let local = text.replace(',', ";").replace("1.2", "1,2");
    for saved in [
        text.replace(',', ", "),
        text.replace(',', " , ").replace("ts , ok", "ts,ok"),
        text.replacen("312,", "312 ,", 1),
        text.replace(',', ";"),
        local.clone(),
        text.replace(',', "\t"),
        text.replace(',', "|"),
        format!("sep=,\n{text}"),
        format!("\u{feff}sep=;\r\n{}", local.replace('\n', "\r\n")),
        format!("sep=\t\n{}", text.replace(',', "\t")),
        format!("#TYPE System.Object\n\"{}", text.trim_end().replace(',', "\",\"").replace('\n', "\"\n\""))
            + "\"\n",
    ] {
        assert_eq!(rows(&saved).unwrap(), expected, "{saved}");
    }
    assert_eq!(rows("sep=;\nts;goroutines\nT1;x\n").unwrap(), ["foreign 3"]);
    let alone = rows("sep=;\nts,goroutines\nT1,5\n").unwrap_err();
    assert!(matches!(alone, NoRecording::NoHeader(_)), "{alone:?}");
}

#[test]
fn a_banner_before_an_old_log_is_a_line_that_is_no_row() {
    let text = "=== 协程监控 ===\n\n[T1] 协程: 856, 内存: 2MB\n[T2] 协程数：5\n";
    assert_eq!(rows(text).unwrap(), ["foreign 1", "T1 856 2097152 -", "T2 5 - -"]);
    assert_eq!(rows("2025-10-27 10:30:00 goroutines=5\n").unwrap(), ["2025-10-27 10:30:00 5 - -"]);
}
