use std::io::{BufReader, Read};

use super::*;

fn scrape(text: &str) -> Result<Answer, String> {
    let outcome = read(&mut text.as_bytes(), false).map_err(said);
    // However the bytes arrive, the answer is the same.
    for size in [1, 7] {
        let mut slow = BufReader::with_capacity(size, text.as_bytes());
        assert_eq!(read(&mut slow, false).map_err(said), outcome, "{size} bytes at a time");
    }
    outcome
}

fn said(trouble: Trouble) -> String {
    match trouble {
        Trouble::Content(error) => crate::words::en::error_seen(&error),
        Trouble::Io(error) => error.to_string(),
    }
}

fn sample(text: &str) -> Sample {
    scrape(text).unwrap().0
}

#[test]
fn client_golang() {
    let text = "# HELP go_goroutines Number of goroutines that currently exist.\n# TYPE go_goroutines gauge\n\
        go_goroutines 11\n\
        go_info{version=\"go1.19.1\"} 1\n\
        go_gc_duration_seconds{quantile=\"0.5\"} NaN\n\
        go_gc_duration_seconds_sum 0.000449834\ngo_gc_duration_seconds_count 2\n\
        go_memstats_alloc_bytes 2.905512e+06\ngo_memstats_heap_alloc_bytes 3e+06\n\
        go_memstats_alloc_bytes_total 4.449464e+06\n\
        go_memstats_sys_bytes 1.3e+07\ngo_threads 9\n\
        process_open_fds 12\nprocess_max_fds 1.048576e+06\nprocess_resident_memory_bytes 1.0e+07\n\
        process_start_time_seconds 1.79556338017e+09\nprocess_cpu_seconds_total 0.04\n\
        promhttp_metric_handler_requests_in_flight 1\npromhttp_metric_handler_requests_total{code=\"200\"} 99\n";
    let (sample, program, _) = scrape(text).unwrap();
    let expected = Sample {
        goroutines: Some(11),
        alloc_bytes: Some(2_905_512),
        total_alloc_bytes: Some(4_449_464),
        sys_bytes: Some(13_000_000),
        rss_bytes: Some(10_000_000),
        num_gc: Some(2),
        threads: Some(9),
        open_fds: Some(12),
        max_fds: Some(1 << 20),
        start_time: Some(1_795_563_380),
        ..Sample::default()
    };
    assert_eq!((sample, program.as_deref()), (expected, Some("Go 1.19.1")));
}

#[test]
fn node_python_tokio_and_this_relay() {
    let node = sample(
        "nodejs_active_handles{type=\"Socket\"} 4\nnodejs_active_handles_total 5\nnodejs_active_requests_total 2\n\
         nodejs_heap_size_used_bytes 9000000\nnodejs_heap_size_total_bytes 12000000\n\
         nodejs_gc_duration_seconds_count{kind=\"major\"} 2\nnodejs_gc_duration_seconds_count{kind=\"minor\"} 5\n",
    );
    assert_eq!((node.goroutines, node.alloc_bytes, node.num_gc), (Some(7), Some(9_000_000), Some(7)));
    assert_eq!(
        sample(
            "nodejs_active_handles_total 5\nnodejs_active_resources_total 9\nnodejs_active_requests_total 2\n"
        )
        .goroutines,
        Some(9)
    );

    let (python, program, _) = scrape(
        "python_gc_collections_total{generation=\"0\"} 34.0\npython_gc_collections_total{generation=\"1\"} 3.0\n\
         python_info{implementation=\"CPython\",major=\"3\",version=\"3.11.7\"} 1.0\n\
         process_resident_memory_bytes 2.1e+07\nprocess_open_fds 8.0\n",
    )
    .unwrap();
    assert_eq!((python.goroutines, python.num_gc, python.open_fds), (None, Some(37), Some(8)));
    assert_eq!(program.as_deref(), Some("CPython 3.11.7"));

    assert_eq!(sample("tokio_live_tasks_count 42\n").goroutines, Some(42));
    let own = sample(
        "watertight_tasks 312\nwatertight_tasks_explained 300\nwatertight_exchanges_overdue 0\ngo_goroutines 1\n",
    );
    assert_eq!((own.goroutines, own.explained, own.overdue), (Some(312), Some(300), Some(0)));
}

#[test]
fn series_of_one_name_add_up_and_points_in_time_do_not() {
    let sample = sample(
        "go_goroutines{worker=\"0\"} 100\ngo_goroutines{worker=\"1\"} 50\ngo_goroutines{worker=\"0\"} 7\n\
         process_start_time_seconds{worker=\"0\"} 100\nprocess_start_time_seconds{worker=\"1\"} 200\n\
         http_requests_total{code=\"200\",path=\"/v1/x\"} 10\nhttp_requests_total{code=\"500\",path=\"/v1/x\"} 2\n\
         http_requests_total{path=\"/metrics\"} 1000\nhttp_requests_in_flight{handler=\"/metrics\"} 1\n",
    );
    assert_eq!((sample.goroutines, sample.start_time), (Some(157), Some(200)));
    assert_eq!((sample.requests_total, sample.in_flight), (Some(12), None));
}

#[test]
fn what_is_no_number_of_things_is_missing() {
    let sample = sample(
        "go_threads +Inf\nprocess_open_fds -1\nprocess_max_fds 1e300\nprocess_resident_memory_bytes 5\n",
    );
    assert_eq!(sample, Sample { rss_bytes: Some(5), ..Sample::default() });
}

#[test]
fn dress() {
    for text in [
        "\u{feff}go_goroutines 3\n",
        "go_goroutines 3\r\n",
        "\n\n# x\ngo_goroutines 3 1395066363000\n\n",
        "go_goroutines{a=\"\\\"}\\n\"} 3\nsomething strange here\n",
        "go_goroutines 3\n# EOF",
    ] {
        assert_eq!(sample(text).goroutines, Some(3), "{text:?}");
    }
}

#[test]
fn what_are_no_metrics_is_named() {
    for (text, what) in [
        ("", "an empty body came"),
        ("# HELP a b\n", "metrics without any series came"),
        (
            "<!doctype html>\n<title>Sign in</title>\n",
            "an HTML page came instead of metrics, titled `Sign in`",
        ),
        ("{\"status\":\"ok\"}", "not metrics: it starts with `{\"status\":\"ok\"}`"),
        ("pong\n", "not metrics: it starts with `pong`"),
        ("my_metric 1\nother 2\n", "2 series came, and none tells how the process is"),
        ("go_goroutines 3\ngo_threads 1", "the metrics break off after 2 series"),
    ] {
        assert_eq!(scrape(text).unwrap_err(), what, "{text:?}");
    }
    let open =
        |text: &str| read(&mut text.as_bytes(), true).map(|(sample, ..)| sample.goroutines).map_err(said);
    assert_eq!(open("go_goroutines 3\n# EOF\n"), Ok(Some(3)));
    assert_eq!(open("go_goroutines 3\n").unwrap_err(), "the metrics break off after 1 series");
}

#[test]
fn every_cut_of_a_scrape_is_an_error() {
    let text = "go_goroutines 31\ngo_threads 12\n";
    for end in 1..text.len() {
        let whole_lines = text.as_bytes()[end - 1] == b'\n';
        assert_eq!(scrape(&text[..end]).is_ok(), whole_lines, "cut at {end}");
    }
}

#[test]
fn a_huge_scrape_is_read_without_being_held() {
    // 40 MiB, one of its lines 8 MiB long.
    let long = io::repeat(b'x').take(8 << 20);
    let many = "a_histogram_bucket{le=\"0.005\",path=\"/v1/chat/completions\"} 12345\n".repeat(1000);
    let many = (0..480)
        .map(|_| many.as_bytes())
        .fold(Box::new(io::empty()) as Box<dyn Read>, |all, next| Box::new(all.chain(next)) as Box<dyn Read>);
    let whole = long.chain(&b"\ngo_goroutines 5\n"[..]).chain(many);
    let (sample, ..) = read(&mut BufReader::new(whole), false).unwrap();
    assert_eq!(sample.goroutines, Some(5));
}

#[test]
fn bad_ends_are_told_by_status_by_class_or_by_a_counter_of_their_own() {
    let ends = |text: &str| {
        let sample = sample(text);
        (sample.requests_total, sample.errors_total)
    };
    for (text, expected) in [
        (
            "http_requests_total{code=\"200\"} 90\nhttp_requests_total{code=\"404\"} 6\n\
             http_requests_total{code=\"502\"} 3\nhttp_requests_total{code=\"500\",handler=\"/metrics\"} 9\n",
            (Some(99), Some(3)),
        ),
        (
            "http_server_request_duration_seconds_count{http_response_status_code=\"200\"} 7\n",
            (Some(7), Some(0)),
        ),
        ("http_requests_total{method=\"GET\"} 7\n", (Some(7), None)),
        ("http_requests_total{status=\"success\"} 7\n", (Some(7), None)),
        (
            "envoy_http_downstream_rq_xx{envoy_response_code_class=\"2\"} 7\n\
             envoy_http_downstream_rq_xx{envoy_response_code_class=\"5\"} 2\n",
            (Some(9), Some(2)),
        ),
        (
            "haproxy_frontend_http_responses_total{proxy=\"fe\",code=\"2xx\"} 7\n\
             haproxy_frontend_http_responses_total{proxy=\"fe\",code=\"5xx\"} 2\n",
            (Some(9), Some(2)),
        ),
        (
            "litellm_proxy_total_requests_metric_total{status_code=\"200\"} 9\n\
             litellm_proxy_failed_requests_metric_total{exception_status=\"429\"} 4\n\
             litellm_proxy_failed_requests_metric_total{exception_status=\"500\"} 3\n",
            (Some(9), Some(3)),
        ),
        (
            "watertight_requests_total 30\nwatertight_requests_ended_total{reason=\"done\"} 20\n\
             watertight_requests_ended_total{reason=\"client_gone\"} 5\n\
             watertight_requests_ended_total{reason=\"upstream_error\"} 4\n",
            (Some(30), Some(4)),
        ),
        ("watertight_requests_total 30\nwatertight_requests_failed_total 2\n", (Some(30), Some(2))),
    ] {
        assert_eq!(ends(text), expected, "{text}");
    }
}

#[test]
fn a_count_that_is_none_is_named() {
    let others = "process_open_fds 12\nprocess_resident_memory_bytes 1.0e+07\n";
    for (line, why) in [
        ("go_goroutines 1,234", "`go_goroutines` is `1,234`, not a number"),
        ("go_goroutines{job=\"a b\"} many", "`go_goroutines` is `many`, not a number"),
        ("go_goroutines", "`go_goroutines` is ``, not a number"),
        ("go_goroutines NaN", "`go_goroutines` is `NaN`, not a number"),
        ("go_goroutines -5", "`go_goroutines` is `-5`, below 0"),
        ("go_goroutines +Inf", "`go_goroutines` is `+Inf`, too large"),
        ("go_goroutines 1e18", "`go_goroutines` is `1e18`, too large"),
        ("go_goroutines{w=\"1\"} 7\ngo_goroutines{w=\"2\"} x", "`go_goroutines` is `x`, not a number"),
    ] {
        assert_eq!(scrape(&format!("{line}\n{others}")).unwrap_err(), why);
        assert_eq!(scrape(&format!("{line}\n")).unwrap_err(), why, "alone");
    }
    let better = sample(&format!("watertight_tasks 3\ngo_goroutines x\n{others}"));
    assert_eq!(better.goroutines, Some(3), "the name that counts has a number");
}

#[test]
fn another_value_that_is_none_is_left_out_and_named() {
    let (sample, _, unread) =
        scrape("go_goroutines 7\nprocess_open_fds 1,2\nprocess_max_fds +Inf\n").unwrap();
    assert_eq!((sample.goroutines, sample.open_fds), (Some(7), None));
    let said: Vec<_> = unread.iter().map(crate::words::left_out).collect();
    assert_eq!(said, ["note: `process_open_fds` is `1,2`, not a number: it is left out"]);
}
