"""The formats that have a name: strings in the languages that any site may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """A format string; `more` is what newer versions of the format go on with."""

    text: str
    meaning: str
    more: str = ""


_COMMON = '%h %l %u %t "%r" %>s %b'
_COMBINED = _COMMON + ' "%{Referer}i" "%{User-Agent}i"'
_BALANCER = (
    "$remote_addr:$remote_port $target $request_processing_time $target_processing_time $response_processing_time "
    '$status $target_status $received_bytes $body_bytes_sent "$request"'
)

NAMED = {
    "combined": Named(_COMBINED, "Apache combined, nginx combined (the default of nginx)"),
    "common": Named(_COMMON, "Apache common (CLF)"),
    "vhost_combined": Named("%v " + _COMBINED, "combined after the virtual host, with or without its port"),
    "vhost_common": Named("%v " + _COMMON, "common after the virtual host, with or without its port"),
    "nginx_main": Named(
        _COMBINED + ' "%{X-Forwarded-For}i"', "main of nginx's packages: combined and the forwarded addresses"
    ),
    "ingress_nginx": Named(
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] '
        "$upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id",
        "upstreaminfo of the Kubernetes ingress controller for nginx",
    ),
    "traefik": Named(
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent" $request_count "$router" "$server_url" ${request_time_ms}ms',
        "Traefik's common format",
    ),
    "ovh": Named(
        '$remote_addr $host $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent"',
        "OVH web hosting: combined with the virtual host in the second place",
    ),
    "gandi": Named(
        '$host $remote_addr - $remote_user [$time_local] ($request_time s) "$request" $status $body_bytes_sent '
        '"$http_referer" "$http_user_agent"',
        "Gandi simple hosting",
    ),
    "icecast": Named(_COMBINED + " %T", "Icecast 2: combined and the seconds of the session"),
    "haproxy": Named(
        "$syslog_prefix$remote_addr:$remote_port [$haproxy_time] $frontend $backend/$server "
        "$queue_ms/$wait_ms/$connect_ms/$upstream_time_ms/$request_time_ms $status $bytes_sent "
        '$request_cookie $response_cookie $state $connections $queues $captured_headers"$request"',
        "HAProxy's httplog, with or without what syslog puts before it; its times are read as UTC",
    ),
    "s3": Named(
        "$bucket_owner $host [$time_local] $remote_addr $remote_user $request_id $operation $key "
        '"$request" $status $error_code $body_bytes_sent $object_size $request_time_ms $turn_around_ms '
        '"$http_referer" "$http_user_agent"',
        "Amazon S3 server access log; the virtual host is the bucket",
    ),
    "elb": Named(
        "$time_iso8601 $balancer " + _BALANCER,
        "Amazon classic load balancer; the duration is the sum of its three times",
        ' "$http_user_agent" $ssl_cipher $ssl_protocol',
    ),
    "alb": Named(
        "$type $time_iso8601 $balancer " + _BALANCER + ' "$http_user_agent" $ssl_cipher $ssl_protocol $target_group '
        '"$request_id"',
        "Amazon application load balancer; the request id is the trace id",
    ),
    "iis": Named(
        "iis: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) "
        "sc-status sc-substatus sc-win32-status time-taken",
        "IIS, the fields of its standard set-up; time-taken in milliseconds",
    ),
    "cloudfront": Named(
        "cloudfront: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) "
        "cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol "
        "cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version",
        "Amazon CloudFront standard log",
    ),
    "netscaler": Named(
        "w3c: date time c-ip cs-username sc-servicename s-ip s-port cs-method cs-uri-stem cs-uri-query sc-status "
        "cs-bytes sc-bytes time-taken cs-version cs(User-Agent) cs(Cookie) cs(Referer)",
        "NetScaler web logging in W3C extended form",
    ),
    "incapsula": Named(
        "w3c: date time cs-vid cs-clapp cs-browsertype cs-js-support cs-co-support c-ip s-caip cs-clappsig "
        "s-capsupport s-suid cs(User-Agent) cs-sessionid s-siteid cs-countrycode s-tag cs-cicode s-computername "
        "cs-lat cs-long s-accountname cs-uri cs-postbody cs-version sc-action s-externalid cs(Referrer) s-ip s-port "
        "cs-method cs-uri-query sc-status s-xff cs-bytes cs-start cs-rule cs-severity cs-attacktype cs-attackid "
        "s-ruleName",
        "Incapsula (Imperva) in W3C extended form, every value in quotes",
    ),
    "shoutcast": Named(
        "shoutcast: c-ip c-dns date time cs-uri-stem c-status cs(User-Agent) sc-bytes x-duration avgbandwidth",
        "SHOUTcast",
    ),
    "nginx_json": Named(
        "json: address=remote_addr|ip time=time_iso8601|date request=request method=request_method "
        "url=request_uri|path status=status bytes=body_bytes_sent|bytes_sent|length referrer=http_referer|referrer "
        "user_agent=http_user_agent|user_agent duration_s=request_time|generation_time_milli "
        "upstream_s=upstream_response_time request_id=request_id vhost=host|http_host|server_name "
        "remote_user=remote_user forwarded=http_x_forwarded_for cache_status=upstream_cache_status",
        "nginx with escape=json and its own variable names as keys",
    ),
    "caddy_json": Named(
        "json: address=request/client_ip|request/remote_ip|request/remote_addr epoch_s=ts method=request/method "
        "url=request/uri status=status bytes=size referrer=request/headers/Referer/0 "
        "user_agent=request/headers/User-Agent/0 duration_s=duration vhost=request/host remote_user=user_id "
        "forwarded=request/headers/X-Forwarded-For/0",
        "Caddy",
    ),
    "traefik_json": Named(
        "json: address=ClientHost time=StartUTC|time method=RequestMethod url=RequestPath "
        "status=DownstreamStatus bytes=DownstreamContentSize referrer=request_Referer "
        "user_agent=request_User-Agent duration_ns=Duration upstream_ns=OriginDuration vhost=RequestHost|RequestAddr "
        "remote_user=ClientUsername forwarded=request_X-Forwarded-For",
        "Traefik's JSON format",
    ),
}
