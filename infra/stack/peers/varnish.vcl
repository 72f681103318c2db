vcl 4.1;
# The built-in rules stay: they are Varnish's own idea of what may be cached. {upstream} is filled in.
backend origin { .host = "127.0.0.1"; .port = "{upstream}"; }
sub vcl_deliver {
  # Two fields that every reader would be sent for nothing. Age comes by itself.
  unset resp.http.X-Varnish;
  unset resp.http.Via;
  if (obj.hits > 0) { set resp.http.X-Cache = "hit"; } else { set resp.http.X-Cache = "miss"; }
}
