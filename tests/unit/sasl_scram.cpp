// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "sasl_steps.hpp"

#include <pop3/grammar/base64.hpp>
#include <pop3/sasl/scram.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace std::string_literals;
using namespace std::string_view_literals;
using pop3::errc;
using pop3::password;
using pop3::sasl::channel_binding;
using pop3::sasl::scram_nonce;
using pop3::sasl::scram_sha_1;
using pop3::sasl::scram_sha_1_plus;
using pop3::sasl::scram_sha_256;
using pop3::sasl::scram_sha_256_plus;
using pop3::sasl::scram_sha_512;
using pop3::sasl::scram_sha_512_plus;
using test::begin;
using test::fails;
using test::respond;
using test::says;

static_assert(scram_sha_1::name == "SCRAM-SHA-1" && scram_sha_1_plus::name == "SCRAM-SHA-1-PLUS");
static_assert(scram_sha_256::name == "SCRAM-SHA-256" && scram_sha_256_plus::name == "SCRAM-SHA-256-PLUS");
static_assert(scram_sha_512::name == "SCRAM-SHA-512" && scram_sha_512_plus::name == "SCRAM-SHA-512-PLUS");
static_assert(pop3::sasl::mechanism<scram_sha_1> && pop3::sasl::begins<scram_sha_1> &&
              pop3::sasl::finishes<scram_sha_1> && pop3::sasl::binds<scram_sha_1> &&
              pop3::sasl::explains<scram_sha_1>);

namespace {

template <class M>
concept says_it_reveals = requires { M::reveals_secret; };

static_assert(!says_it_reveals<scram_sha_1> && !says_it_reveals<scram_sha_1_plus>);

const password user("user", "pencil");

// RFC 7677's, which the other vectors use as well.
const std::string client_nonce = "rOprNGfwEbeRWgbNEkqO";
const std::string nonce = client_nonce + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const std::string server_first = "r=" + nonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const std::string server_final = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

// 32 octets, as of tls-exporter.
const std::string exported = [] {
    std::string octets;
    for (int i = 0xe0; i != 0x100; ++i)
        octets.push_back(static_cast<char>(i));
    return octets;
}();

const channel_binding exporter("tls-exporter", exported);
// SHA-384 of "a certificate".
const channel_binding end_point("tls-server-end-point",
                                "\x36\xf6\xbf\xde\x68\xa9\xfb\x8e\x38\x4d\xc0\xbe\xdb\x50\x0b\x9f"
                                "\x1b\xc4\xb8\x99\x93\x19\xa0\xb2\xfe\xf6\xfe\x01\x45\xfc\xec\xc3"
                                "\xbc\x46\xa2\x1d\xa2\x97\x96\x65\x92\x71\x89\x03\x3a\x0a\xc4\x56");

scram_sha_256 rfc_7677()
{
    return scram_sha_256(user, {}, scram_nonce(client_nonce));
}

/// Has sent its first message.
scram_sha_256 begun()
{
    auto m = rfc_7677();
    CHECK_FALSE(begin(m).error);
    return m;
}

/// Has sent its proof.
scram_sha_256 proved()
{
    auto m = begun();
    CHECK_FALSE(respond(m, server_first).error);
    return m;
}

/// A whole login, with the server's last message in a challenge, and with it behind +OK.
template <class Mechanism>
void check_login(const Mechanism& fresh, std::string_view client_first, std::string_view first,
                 std::string_view client_final, std::string_view final)
{
    auto m = fresh;
    CHECK(begin(m) == says(client_first));
    CHECK(respond(m, first) == says(client_final));
    auto at_once = m;
    CHECK(respond(m, final) == says(""));
    CHECK_FALSE(m.finish(""));
    CHECK_FALSE(at_once.finish(final));
    CHECK(m.details().empty());
}

} // namespace

// RFC 5802, section 5.
TEST_CASE("SCRAM-SHA-1: the example of RFC 5802")
{
    check_login(scram_sha_1(user, {}, scram_nonce("fyko+d2lbbFgONRv9qkxdawL")),
                "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
                "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

// RFC 7677, section 3.
TEST_CASE("SCRAM-SHA-256: the example of RFC 7677")
{
    check_login(rfc_7677(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", server_first,
                "c=biws,r=" + nonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", server_final);
}

// No RFC has values for the following. These were computed with Python's hashlib and hmac, from RFC 5802's section 3.
TEST_CASE("SCRAM-SHA-512")
{
    check_login(
        scram_sha_512(user, {}, scram_nonce(client_nonce)), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", server_first,
        "c=biws,r=" + nonce +
            ",p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
        "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==");
}

TEST_CASE("SCRAM-PLUS: binds to what TLS exports")
{
    const std::string bound = "c=cD10bHMtZXhwb3J0ZXIsLODh4uPk5ebn6Onq6+zt7u/w8fLz9PX29/j5+vv8/f7/,r=" + nonce;
    const std::string client_first = "p=tls-exporter,,n=user,r=" + client_nonce;

    scram_sha_1_plus sha_1(user, {}, scram_nonce(client_nonce));
    sha_1.bind(exporter, true);
    check_login(sha_1, client_first, server_first,
                bound + ",p=/8Kn8Lwph9j02R+jnvkSRM/fJqs=", "v=uCqRc/DOxYoqhV5VTvspCbcMP7Y=");

    scram_sha_256_plus sha_256(user, {}, scram_nonce(client_nonce));
    // The binding is demanded, so that it does not matter what the server announces.
    sha_256.bind(exporter, false);
    check_login(sha_256, client_first, server_first,
                bound + ",p=wJpl3wTx3voE8HwHXGtxyeJ+dUTOeC1xXt4rHhEKOaA=",
                "v=KGvhaul0dmFf7wwGFM3h1VNv0kW/H4cbOJTYCwdl7C0=");

    scram_sha_512_plus sha_512(user, {}, scram_nonce(client_nonce));
    sha_512.bind(exporter, {});
    check_login(
        sha_512, client_first, server_first,
        bound + ",p=EnZ9Y4UPwB4BgDQ6edbvOsv2Y8UPyStE7hbulFwn1hcR8mJbg/UVsxvtNkyoivmmptDXKSoVinzRDRUA9IPwJA==",
        "v=aUUftv+ohTkwnOddUvw67cLmZIk19pcww9ctIhKFDZtfrLwO7JuVy9Y8nE7u2PiOOEzv898q0VmIZUGZvDPsnQ==");
}

TEST_CASE("SCRAM-PLUS: binds to the server's certificate")
{
    scram_sha_256_plus m(user, {}, scram_nonce(client_nonce));
    m.bind(end_point, true);
    check_login(m, "p=tls-server-end-point,,n=user,r=" + client_nonce, server_first,
                "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsNva/3mip+444TcC+21ALnxvEuJmTGaCy/"
                "vb+AUX87MO8RqIdopeWZZJxiQM6CsRW,r=" +
                    nonce + ",p=t+JGOS9e6MS8jVQAcSuSTFFh4GPJrUD59BoVZ3RY5eg=",
                "v=0hCYY3mZsF7cDnce3Ynrkoq585yoEaD+2rQATqdfD9A=");
}

TEST_CASE("SCRAM-PLUS: a name to act as goes before the binding")
{
    scram_sha_256_plus m(user, "boss,the=one", scram_nonce(client_nonce));
    m.bind(exporter, true);
    check_login(
        m, "p=tls-exporter,a=boss=2Cthe=3Done,n=user,r=" + client_nonce, server_first,
        "c=cD10bHMtZXhwb3J0ZXIsYT1ib3NzPTJDdGhlPTNEb25lLODh4uPk5ebn6Onq6+zt7u/w8fLz9PX29/j5+vv8/f7/,r=" +
            nonce + ",p=Am1FEuC1dliYykJ7Ww5REQwXs7VICYRxEYUW51Km/mM=",
        "v=e1ZM1pFcuJTZ63TFxyt5n+p2AFRX2EVvmc4W5v6SDIs=");
}

TEST_CASE("SCRAM-PLUS: does not begin without something to bind to")
{
    scram_sha_256_plus never_told(user);
    CHECK(begin(never_told) == fails(errc::no_channel_binding));
    for (const auto& nothing :
         {channel_binding(), channel_binding("tls-exporter", ""), channel_binding("", "data")}) {
        scram_sha_256_plus m(user);
        m.bind(nothing, true);
        CHECK(begin(m) == fails(errc::no_channel_binding));
        CHECK(respond(m, server_first) == fails(errc::malformed_challenge));
        CHECK(m.finish("") == errc::server_not_authenticated);
    }
}

TEST_CASE("SCRAM: says that it could bind if, and only if, the server does not announce that it could")
{
    const auto first = [](const channel_binding& binding, std::optional<bool> announced) {
        auto m = rfc_7677();
        m.bind(binding, announced);
        return begin(m);
    };
    const auto n = says("n,,n=user,r=" + client_nonce);
    const auto y = says("y,,n=user,r=" + client_nonce);
    for (const auto& binding : {exporter, end_point}) {
        CHECK(first(binding, false) == y);
        CHECK(first(binding, true) == n);
        CHECK(first(binding, {}) == n);
    }
    for (const auto& nothing :
         {channel_binding(), channel_binding("tls-exporter", ""), channel_binding("", "data")}) {
        CHECK(first(nothing, false) == n);
        CHECK(first(nothing, true) == n);
        CHECK(first(nothing, {}) == n);
    }

    // Computed as above.
    auto m = rfc_7677();
    m.bind(exporter, false);
    check_login(m, y.response, server_first,
                "c=eSws,r=" + nonce + ",p=FoqiHTtQEDE8lz1CdaEe3tK4mS+iMDTl77SPyDS53DY=",
                "v=dI4KpiQJwBr1+V+K6U1dA6l6I4I9DUNXWND4pcpRU3U=");
}

TEST_CASE("SCRAM: names with what ends an attribute, passwords beyond ASCII")
{
    // Computed as above.
    check_login(scram_sha_256(password("=,x", "p\xc3\xa4ssw\xc3\xb6rd \xe2\x82\xac"), "b,c",
                              scram_nonce(client_nonce)),
                "n,a=b=2Cc,n==3D=2Cx,r=" + client_nonce, server_first,
                "c=bixhPWI9MkNjLA==,r=" + nonce + ",p=OXQi2S9bI5LP0BITZIp8OhMPLh274ehICcF4WT8oHV8=",
                "v=qP5twMqVhgK6phAK656Z8K0ui7w5Nkw910snlVMEJcU=");
}

TEST_CASE("SCRAM: text that is no UTF-8, empty, or has control characters is not used")
{
    for (auto m : {scram_sha_256(password("", "pw")), scram_sha_256(password("user", "")),
                   scram_sha_256(password("us\xff", "pw")), scram_sha_256(password("user", "p\xff")),
                   scram_sha_256(password("us\0r"sv, "pw")), scram_sha_256(password("user", "p\0"sv)),
                   scram_sha_256(password("user", "p\tw")), scram_sha_256(password("user\xc2\x85", "pw")),
                   scram_sha_256(user, "a\r\n"), scram_sha_256(user, "\xc3")}) {
        CHECK(begin(m) == fails(errc::invalid_argument));
        CHECK(respond(m, server_first) == fails(errc::malformed_challenge));
    }
}

TEST_CASE("SCRAM: a nonce of 18 octets, another one each time")
{
    std::set<std::string> seen;
    for (int i = 0; i != 50; ++i) {
        scram_sha_256 m(user);
        const auto first = begin(m);
        REQUIRE_FALSE(first.error);
        REQUIRE(first.response.starts_with("n,,n=user,r="));
        const auto text = first.response.substr(12);
        pop3::sasl::octets octets;
        CHECK(pop3::grammar::base64_decode(text, octets));
        CHECK(octets.size() == 18);
        CHECK(seen.insert(text).second);
    }
}

TEST_CASE("SCRAM: the server's first message, of which the grammar allows more than most send")
{
    for (const auto& extensions : std::vector<std::string>{"", ",x=y", ",A=b=c,z=\xc3\xa4"}) {
        auto m = begun();
        const auto answer = respond(m, server_first + extensions);
        CHECK_FALSE(answer.error);
        // The extensions are part of what is signed.
        const auto plain = "c=biws,r=" + nonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
        CHECK((answer.response == plain) == extensions.empty());
    }
}

TEST_CASE("SCRAM: a first message of the server's that is malformed")
{
    const std::string r = "r=" + nonce;
    for (const auto& message : std::vector<std::string>{
             std::string(),
             std::string("\0", 1),
             std::string("garbage"),
             std::string(","),
             std::string("=,=,="),
             // One is missing, empty, in the wrong place, too much.
             r,
             r + ",",
             r + ",s=AAAA",
             r + ",s=AAAA,",
             r + ",i=4096",
             r + ",i=4096,s=AAAA",
             "s=AAAA," + r + ",i=4096",
             "s=AAAA,i=4096",
             "r=,s=AAAA,i=4096",
             r + ",s=,i=4096",
             r + ",s=AAAA,i=",
             "," + r + ",s=AAAA,i=4096",
             r + ",,s=AAAA,i=4096",
             r + ",s=AAAA,i=4096,",
             r + ",s=AAAA,i=4096,,x=y",
             r + ",s=AAAA,i=4096,x",
             r + ",s=AAAA,i=4096,x=",
             r + ",s=AAAA,i=4096,1=y",
             r + ",s=AAAA,i=4096,=y",
             r + ",s=AAAA,i=4096,xx=y",
             r + ",s=AAAA,i=4096,x=" + std::string(1, '\0'),
             r + ",s=AAAA,i=4096 ",
             r + ", s=AAAA,i=4096",
             "R=" + nonce + ",s=AAAA,i=4096",
             "r:" + nonce + ",s=AAAA,i=4096",
             // An extension that must be understood.
             "m=x," + r + ",s=AAAA,i=4096",
             r + ",m=x,s=AAAA,i=4096",
             r + ",s=AAAA,i=4096,m=x",
             r + ",s=AAAA,i=4096,x=y,m=x",
             // Of the nonce, the salt, the count.
             r + " ,s=AAAA,i=4096",
             r + "\x7f,s=AAAA,i=4096",
             r + "\xc3\xa4,s=AAAA,i=4096",
             r + ",s=A,i=4096",
             r + ",s=AAA,i=4096",
             r + ",s=AB==,i=4096",
             r + ",s=AA-_,i=4096",
             r + ",s=====,i=4096",
             r + ",s=AAAA,i=0",
             r + ",s=AAAA,i=04096",
             r + ",s=AAAA,i=-1",
             r + ",s=AAAA,i=+4096",
             r + ",s=AAAA,i=4096x",
             r + ",s=AAAA,i=0x1000",
             r + ",s=AAAA,i=4e3",
             r + ",s=AAAA,i= 4096",
             r + ",s=AAAA,i=x",
             // Belongs to another place.
             server_final,
             std::string("e=other-error"),
         }) {
        CAPTURE(message);
        auto m = begun();
        CHECK(respond(m, message) == fails(errc::malformed_challenge));
        // There is no second try.
        CHECK(respond(m, server_first) == fails(errc::malformed_challenge));
        CHECK(m.finish(server_final) == errc::server_not_authenticated);
    }
}

TEST_CASE("SCRAM: a nonce that is not made from ours")
{
    for (const auto& other : std::vector<std::string>{
             std::string("x"), client_nonce, client_nonce.substr(1) + "xyz", client_nonce.substr(0, 19),
             "x" + nonce, client_nonce.substr(0, 19) + "P" + "xyz"}) {
        CAPTURE(other);
        auto m = begun();
        CHECK(respond(m, "r=" + other + ",s=AAAA,i=4096") == fails(errc::server_not_authenticated));
        CHECK(m.finish("") == errc::server_not_authenticated);
    }
}

TEST_CASE("SCRAM: the number of iterations is bounded from both sides")
{
    const auto with = [](std::string_view iterations, const pop3::limits& bounds) {
        auto m = begun();
        return respond(m, "r=" + nonce + ",s=AAAA,i=" + std::string(iterations), bounds).error;
    };
    pop3::limits bounds;
    CHECK(with("1", bounds) == errc::scram_min_iterations_limit);
    CHECK(with("4095", bounds) == errc::scram_min_iterations_limit);
    CHECK(with("4096", bounds) == std::error_code());
    CHECK(with("1000001", bounds) == errc::scram_max_iterations_limit);
    bounds.scram_min_iterations = 10;
    bounds.scram_max_iterations = 20;
    CHECK(with("9", bounds) == errc::scram_min_iterations_limit);
    CHECK(with("10", bounds) == std::error_code());
    CHECK(with("20", bounds) == std::error_code());
    CHECK(with("21", bounds) == errc::scram_max_iterations_limit);
    // More than the type holds.
    bounds.scram_max_iterations = std::numeric_limits<std::uint32_t>::max();
    for (const auto many : {"4294967296", "4294971392", "99999999999999999999999999"})
        CHECK(with(many, bounds) == errc::scram_max_iterations_limit);
    bounds.scram_min_iterations = 0;
    CHECK(with("0", bounds) == errc::malformed_challenge);
    CHECK(with("1", bounds) == std::error_code());
}

TEST_CASE("SCRAM: a signature that is wrong")
{
    // One bit; one of another login; cut; longer; another digest's; empty ones are malformed.
    for (const auto& message : std::vector<std::string>{
             "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G8="s,
             "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="s,
             "v=dI4KpiQJwBr1+V+K6U1dA6l6I4I9DUNXWND4pcpRU3U="s, "v=6rri"s,
             "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4A"s, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="s,
             "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="s}) {
        CAPTURE(message);
        auto m = proved();
        CHECK(respond(m, message) == fails(errc::server_not_authenticated));
        CHECK(m.finish("") == errc::server_not_authenticated);
        CHECK(m.finish(server_final) == errc::server_not_authenticated);
        auto at_once = proved();
        CHECK(at_once.finish(message) == errc::server_not_authenticated);
        CHECK(at_once.finish(server_final) == errc::server_not_authenticated);
    }
}

TEST_CASE("SCRAM: a last message of the server's that is malformed")
{
    for (const auto& message : std::vector<std::string>{
             ""s, "v"s, "v="s, ","s, "x=y"s, "V=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="s,
             server_final + ",", server_final + ",m=x", server_final + ",x=", "m=x," + server_final,
             "x=y," + server_final, " " + server_final, server_final + "\n",
             server_final.substr(0, server_final.size() - 1), "e="s, "e=x,"s, "e=x,m=y"s, server_first}) {
        CAPTURE(message);
        auto m = proved();
        CHECK(respond(m, message) == fails(errc::malformed_challenge));
        CHECK(m.finish(server_final) == errc::server_not_authenticated);
        CHECK(m.details().empty());
        // What stands behind +OK need not be for us.
        auto at_once = proved();
        CHECK(at_once.finish(message) == errc::server_not_authenticated);
    }
}

TEST_CASE("SCRAM: extensions behind the signature are skipped")
{
    auto m = proved();
    CHECK(respond(m, server_final + ",x=y") == says(""));
    CHECK_FALSE(m.finish(""));
}

TEST_CASE("SCRAM: after the signature, what stands behind +OK does not matter")
{
    auto m = proved();
    CHECK(respond(m, server_final) == says(""));
    CHECK_FALSE(m.finish("Logged in."));
}

TEST_CASE("SCRAM: an error of the server's is kept, and answered by an empty response")
{
    auto m = proved();
    CHECK(respond(m, "e=invalid-proof") == says(""));
    CHECK(m.details() == "invalid-proof");
    // Then it cannot be right any more.
    auto lying = m;
    CHECK(lying.finish("") == errc::server_not_authenticated);
    CHECK(respond(m, server_final) == fails(errc::malformed_challenge));
    CHECK(m.finish(server_final) == errc::server_not_authenticated);

    auto extended = proved();
    CHECK(respond(extended, "e=other-error,x=y") == says(""));
    CHECK(extended.details() == "other-error");
    auto at_once = proved();
    CHECK(at_once.finish("e=other-error") == errc::server_not_authenticated);
    CHECK(at_once.finish(server_final) == errc::server_not_authenticated);
}

TEST_CASE("SCRAM: an +OK that comes too early")
{
    for (const auto& data : std::vector<std::string>{""s, server_first, server_final}) {
        auto m = rfc_7677();
        CHECK(m.finish(data) == errc::server_not_authenticated);
        m = begun();
        CHECK(m.finish(data) == errc::server_not_authenticated);
    }
    auto m = proved();
    CHECK(m.finish("") == errc::server_not_authenticated);
}

TEST_CASE("SCRAM: messages out of turn")
{
    auto early = rfc_7677();
    CHECK(respond(early, server_first) == fails(errc::malformed_challenge));

    auto twice = proved();
    CHECK(respond(twice, server_first) == fails(errc::malformed_challenge));
    CHECK(twice.finish(server_final) == errc::server_not_authenticated);

    for (const auto& message : std::vector<std::string>{""s, server_first, server_final}) {
        auto m = proved();
        CHECK(respond(m, server_final) == says(""));
        CHECK(respond(m, message) == fails(errc::malformed_challenge));
        CHECK(m.finish("") == errc::server_not_authenticated);
    }
}

TEST_CASE("SCRAM: a server that knows the password of somebody else")
{
    scram_sha_256 m(password("user", "Pencil"), {}, scram_nonce(client_nonce));
    CHECK_FALSE(begin(m).error);
    const auto answer = respond(m, server_first);
    CHECK_FALSE(answer.error);
    CHECK(answer.response != "c=biws,r=" + nonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    CHECK(respond(m, server_final) == fails(errc::server_not_authenticated));
}
