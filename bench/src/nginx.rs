//! nginx as Debian ships it, answering with a fixed `return`.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::contender::Sample;

/// Finds nginx, or unpacks Debian's package beside the benchmark's results. Nothing is installed or started.
pub fn find(target_dir: &Path) -> Result<PathBuf> {
    let unpacked_into = target_dir.join("bench/nginx");
    let unpacked = unpacked_into.join("usr/sbin/nginx");
    for candidate in [Path::new("/usr/sbin/nginx"), Path::new("/usr/local/sbin/nginx"), &unpacked] {
        if candidate.exists() {
            return Ok(candidate.to_owned());
        }
    }
    eprintln!("fetching Debian's nginx into {}", unpacked_into.display());
    fs::create_dir_all(&unpacked_into)?;
    let script = "set -e; apt-get download nginx || { apt-get update && apt-get download nginx; }; \
                  dpkg-deb -x nginx_*.deb .";
    let output = Command::new("sh").args(["-c", script]).current_dir(&unpacked_into).output()?;
    if !unpacked.exists() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(
            format!("cannot fetch nginx: {reason}\nhint: install nginx, or leave it out with --no-nginx").into()
        );
    }
    Ok(unpacked)
}

/// Asks nginx for its version, such as `nginx/1.22.1`.
pub fn version(program: &Path) -> String {
    let output = Command::new(program).arg("-v").output().map(|output| output.stderr).unwrap_or_default();
    let text = String::from_utf8_lossy(&output);
    text.rsplit(' ').next().unwrap_or_default().trim().to_owned()
}

/// Writes a configuration that answers every request with the sample's headers and no body.
pub fn configure(directory: &Path, address: SocketAddr, workers: usize, sample: &Sample) -> Result<Vec<String>> {
    let mut headers = String::new();
    let mut content_type = String::new();
    for (name, value) in sample.settable_headers() {
        match name.as_str() {
            "content-type" => content_type = value,
            // nginx writes its own, which cannot be taken away without a further module.
            "server" => {}
            _ => headers.push_str(&format!("      add_header {name} {};\n", quoted(&value)?)),
        }
    }
    let content_type = quoted(&content_type)?;
    let directory = directory.display();
    let configuration = format!(
        r#"daemon off;
worker_processes {workers};
pid "{directory}/nginx.pid";
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  server_tokens off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  client_header_buffer_size 16k;
  large_client_header_buffers 8 16k;
  client_body_temp_path "{directory}/body";
  proxy_temp_path "{directory}/proxy";
  fastcgi_temp_path "{directory}/fastcgi";
  uwsgi_temp_path "{directory}/uwsgi";
  scgi_temp_path "{directory}/scgi";
  server {{
    listen {address};
    location / {{
      default_type {content_type};
{headers}      return 200 "";
    }}
  }}
}}
"#
    );
    let file = directory.to_string() + "/nginx.conf";
    fs::write(&file, configuration)?;
    Ok(["-p", &directory.to_string(), "-c", &file, "-e", "stderr"].map(str::to_owned).to_vec())
}

fn quoted(value: &str) -> Result<String> {
    match value.contains('$') {
        true => Err("nginx cannot send a '$' in a header: it starts a variable there".into()),
        false => Ok(format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_sends_the_samples_headers() {
        let directory = tempfile::tempdir().unwrap();
        let headers = [("date", "now"), ("content-type", "application/json"), ("x-token", "a\"b")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let sample = Sample { headers, ..Sample::default() };
        configure(directory.path(), "127.0.0.1:1".parse().unwrap(), 2, &sample).unwrap();
        let written = fs::read_to_string(directory.path().join("nginx.conf")).unwrap();
        assert!(written.contains("default_type \"application/json\";"));
        assert!(written.contains("add_header x-token \"a\\\"b\";"));
        assert!(!written.contains("date"));
    }

    #[test]
    fn a_header_that_nginx_would_change_is_refused() {
        assert!(quoted("$host").is_err());
    }
}
