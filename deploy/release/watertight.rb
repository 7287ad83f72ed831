# The Homebrew formula of a release; `deploy/release/stamp` fills it.
class Watertight < Formula
  desc "Relays LLM API traffic without leaking, and proves whether a relay leaks"
  homepage "@URL@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@URL@/watertight-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:aarch64-apple-darwin@"
    end
    on_intel do
      url "@URL@/watertight-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@URL@/watertight-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "@URL@/watertight-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "watertight"
    man1.install Dir["man/*.1"]
    (man/"zh/man1").install Dir["man/zh/*.1"]
    bash_completion.install "completions/watertight.bash" => "watertight"
    zsh_completion.install "completions/_watertight"
    fish_completion.install "completions/watertight.fish"
  end

  service do
    run [opt_bin/"watertight", "serve"]
    keep_alive true
    working_dir var/"watertight"
    log_path var/"log/watertight.log"
    error_log_path var/"log/watertight.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/watertight --version")
    system bin/"watertight", "serve", "--check"
  end
end
