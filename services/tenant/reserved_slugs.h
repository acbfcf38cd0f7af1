// Slugs that no tenant gets: names of machines and services that the platform may want below ROOT_DOMAIN, names under
// which mail and certificates are asked for, and names that a visitor would take for the platform itself.
#pragma once

#include <string_view>

namespace smallbiznis::tenant {

inline constexpr std::string_view kReservedSlugs[] = {
    "about",         "abuse",        "access",    "account",    "accounts",     "admin",       "administrator",
    "api",           "apis",         "app",       "apps",       "archive",      "assets",      "auth",
    "autoconfig",    "autodiscover", "backup",    "beta",       "billing",      "blog",        "broadcasthost",
    "callback",      "careers",      "cdn",       "checkout",   "clients",      "cloud",       "community",
    "config",        "console",      "contact",   "control",    "controlplane", "cpanel",      "dashboard",
    "data",          "database",     "dev",       "developer",  "developers",   "dns",         "dns1",
    "dns2",          "docs",         "domain",    "domains",    "download",     "downloads",   "email",
    "events",        "example",      "faq",       "feedback",   "files",        "forum",       "ftp",
    "gateway",       "git",          "grafana",   "graphql",    "grpc",         "health",      "healthz",
    "help",          "home",         "host",      "hostmaster", "http",         "https",       "identity",
    "images",        "imap",         "img",       "info",       "internal",     "intranet",    "invoice",
    "isatap",        "jobs",         "kafka",     "ldap",       "ledger",       "legal",       "live",
    "local",         "localdomain",  "localhost", "login",      "logout",       "loyalty",     "mail",
    "mailer-daemon", "manage",       "media",     "metrics",    "mobile",       "monitor",     "mta-sts",
    "news",          "no-reply",     "noc",       "none",       "noreply",      "ns1",         "ns2",
    "ns3",           "ns4",          "null",      "oauth",      "oauth2",       "official",    "openapi",
    "ops",           "owner",        "partner",   "partners",   "password",     "pay",         "payment",
    "payments",      "platform",     "pop",       "pop3",       "portal",       "postgres",    "postmaster",
    "press",         "preview",      "privacy",   "private",    "prod",         "production",  "prometheus",
    "proxy",         "public",       "readyz",    "redis",      "register",     "root",        "rule",
    "rules",         "sales",        "sandbox",   "secure",     "security",     "server",      "service",
    "services",      "session",      "settings",  "setup",      "shop",         "signin",      "signup",
    "site",          "smallbiznis",  "smtp",      "ssl",        "ssladmin",     "sso",         "staff",
    "stage",         "staging",      "static",    "stats",      "status",       "store",       "stun",
    "support",       "sysadmin",     "system",    "team",       "tenant",       "tenants",     "terms",
    "test",          "testing",      "tls",       "token",      "tools",        "transaction", "turn",
    "undefined",     "update",       "upload",    "uploads",    "usenet",       "user",        "users",
    "vault",         "voucher",      "vpn",       "webhook",    "webhooks",     "webmail",     "webmaster",
    "whois",         "wpad",         "www",       "www1",       "www2",         "www3",
};

}  // namespace smallbiznis::tenant
