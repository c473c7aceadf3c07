// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// secret.hpp and password.hpp. To see what is left in memory, this program has an operator delete that looks
// into a block before it frees it.

#include <pop3/access_token.hpp>
#include <pop3/command/apop.hpp>
#include <pop3/command/auth.hpp>
#include <pop3/command/command_line.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/login.hpp>
#include <pop3/command/pass.hpp>
#include <pop3/command/user_pass.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/cram_md5.hpp>
#include <pop3/sasl/login.hpp>
#include <pop3/sasl/oauthbearer.hpp>
#include <pop3/sasl/plain.hpp>
#include <pop3/sasl/salted_password.hpp>
#include <pop3/sasl/scram.hpp>
#include <pop3/sasl/xoauth2.hpp>
#include <pop3/secret.hpp>

#include "support/compute.hpp"

#include <doctest/doctest.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using pop3::password;
using pop3::secret;

/// While one lives, the blocks that are allocated are watched: it counts those that are given back, and those
/// of them that hold a text.
class watch {
public:
    explicit watch(std::string_view text) noexcept : text_(text)
    {
        current = this;
    }

    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    ~watch()
    {
        current = nullptr;
    }

    static void allocated(void* block, std::size_t size) noexcept
    {
        if (current == nullptr)
            return;
        // What an earlier owner left in it is not looked for.
        std::fill_n(static_cast<char*>(block), size, '\0');
        for (auto& known : current->blocks_) {
            if (known.address == nullptr) {
                known = {block, size};
                return;
            }
        }
        current->overflowed_ = true;
    }

    static void freed(void* block) noexcept
    {
        if (current == nullptr || block == nullptr)
            return;
        for (auto& known : current->blocks_) {
            if (known.address == block) {
                const auto* const begin = static_cast<const char*>(block);
                const auto* const end = begin + known.size;
                ++current->freed_;
                current->found_ +=
                    std::search(begin, end, current->text_.begin(), current->text_.end()) != end;
                known = {};
                return;
            }
        }
    }

    int freed() const noexcept
    {
        return overflowed_ ? -1 : freed_;
    }

    int found() const noexcept
    {
        return found_;
    }

private:
    struct block {
        void* address = nullptr;
        std::size_t size = 0;
    };

    static inline thread_local watch* current = nullptr;

    std::string_view text_;
    std::array<block, 256> blocks_{};
    int freed_ = 0;
    int found_ = 0;
    bool overflowed_ = false;
};

} // namespace

// Not inline: g++ would take malloc and delete, or new and free, for a pair.
[[gnu::noinline]] void* operator new(std::size_t size)
{
    void* const block = std::malloc(size == 0 ? 1 : size);
    if (block == nullptr)
        throw std::bad_alloc();
    watch::allocated(block, size);
    return block;
}

// As it is without a sanitizer, which has its own. (std::stable_sort takes it.)
void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    try {
        return operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

[[gnu::noinline]] void operator delete(void* block) noexcept
{
    watch::freed(block);
    std::free(block);
}

[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept
{
    operator delete(block);
}

namespace {

template <class T>
concept streamable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(streamable<std::string>);
static_assert(!streamable<secret>);
static_assert(!streamable<password>);
static_assert(!std::is_convertible_v<secret, std::string_view>);
static_assert(!std::is_convertible_v<secret, std::string>);
static_assert(!std::is_convertible_v<std::string, secret>);
static_assert(!std::is_convertible_v<const char*, secret>);
static_assert(std::is_nothrow_move_constructible_v<secret>);
// g++ 12 miscompiles temporaries of aggregates in a co_await expression.
static_assert(!std::is_aggregate_v<secret>);
static_assert(!std::is_aggregate_v<password>);
static_assert(!std::is_aggregate_v<pop3::command::pass>);

/// As a server's user would have it: short enough for a string to keep it inside itself, or long.
const std::string short_text = "tanstaaf";
const std::string long_text(200, 'k');

/// Runs `work`, and says how many of the blocks that it gave back still held `text`.
template <class Work>
void check_wiped(const std::string& text, Work work)
{
    int freed = 0;
    int found = 0;
    {
        const watch w(text);
        work();
        freed = w.freed();
        found = w.found();
    }
    CHECK(freed > 0);
    CHECK(found == 0);
}

} // namespace

TEST_CASE("secret: gives back what it was made of")
{
    CHECK(secret("tanstaaf").expose() == "tanstaaf");
    CHECK(secret().expose().empty());
    CHECK(secret("").expose().empty());
    CHECK(secret(std::string_view("a\0b", 3)).expose() == std::string_view("a\0b", 3));
    CHECK(secret(long_text).expose() == long_text);

    secret a("one");
    secret b = a;
    CHECK(b.expose() == "one");
    CHECK(a.expose() == "one");
    CHECK(a.expose().data() != b.expose().data());
    b = secret("two");
    CHECK(b.expose() == "two");
    a = b;
    CHECK(a.expose() == "two");

    const password p("mrose", "tanstaaf");
    CHECK(p.name() == "mrose");
    CHECK(p.secret().expose() == "tanstaaf");
}

TEST_CASE("secret: is empty when moved from, and the text is not copied")
{
    secret a("tanstaaf");
    const auto* const memory = a.expose().data();
    secret b = std::move(a);
    CHECK(a.expose().empty());
    CHECK(b.expose().data() == memory);
    secret c;
    c = std::move(b);
    CHECK(b.expose().empty());
    CHECK(c.expose().data() == memory);
    CHECK(c.expose() == "tanstaaf");
}

TEST_CASE("the watch sees what is not wiped")
{
    int found = 0;
    int freed = 0;
    {
        const watch w(long_text);
        {
            const std::string careless(long_text);
            const std::vector<char> also(long_text.begin(), long_text.end());
            // Or a compiler may do without the allocation.
            [[maybe_unused]] const char* volatile seen = careless.data();
            seen = also.data();
        }
        found = w.found();
        freed = w.freed();
    }
    CHECK(freed == 2);
    CHECK(found == 2);
}

TEST_CASE("wiping_allocator: memory is cleansed before it is given back")
{
    check_wiped(long_text, [] {
        pop3::detail::wiped_octets octets;
        // Grows a few times: each time it leaves a block behind.
        for (int i = 0; i != 2; ++i)
            for (const char c : long_text)
                octets.push_back(c);
        // What is beyond the end counts as well.
        octets.clear();
    });
    check_wiped(long_text, [] {
        pop3::detail::wiped_octets octets(long_text.begin(), long_text.end());
        octets.assign(3, 'x');
        octets.shrink_to_fit();
    });
    // Larger elements than octets.
    check_wiped(std::string(8, '\x55'), [] {
        std::vector<unsigned, pop3::detail::wiping_allocator<unsigned>> numbers(100, 0x55555555u);
        numbers.resize(1000, 0x55555555u);
    });
    CHECK(pop3::detail::wiping_allocator<char>() ==
          pop3::detail::wiping_allocator<char>(pop3::detail::wiping_allocator<int>()));
}

TEST_CASE("secret: leaves nothing behind")
{
    for (const auto& text : {short_text, long_text}) {
        check_wiped(text, [&] { secret a(text); });
        check_wiped(text, [&] {
            secret a(text);
            secret b = a;
            secret c = std::move(a);
            b = c;
            c = std::move(b);
        });
        check_wiped(text, [&] {
            secret a(text);
            a = secret("x");
        });
        check_wiped(text, [&] {
            secret a(text);
            a = secret(std::string(1000, 'x'));
        });
        check_wiped(text, [&] {
            std::vector<secret> many;
            for (int i = 0; i != 5; ++i)
                many.emplace_back(text);
        });
        check_wiped(text, [&] { password p("mrose", text); });
    }
}

TEST_CASE("commands that have a secret leave nothing behind")
{
    using pop3::command::command_line;
    for (const auto& text : {short_text, long_text, std::string(1000, 'k')}) {
        check_wiped(text, [&] {
            command_line line;
            pop3::command::pass(secret(text)).write(line);
            static_cast<void>(line.end());
        });
        check_wiped(text, [&] {
            command_line line;
            pop3::command::pass(secret(text)).write(line);
            static_cast<void>(line.end());
            line.clear();
            line.verb("NOOP");
        });
        check_wiped(text, [&] {
            command_line line;
            pop3::command::user_pass login(password("mrose", text));
            static_cast<void>(login.check());
            login.write(line);
            static_cast<void>(line.end());
            line.clear();
            std::string_view input = "+OK\r\n";
            std::error_code ec;
            CHECK(login.consume(input, {}, ec) == pop3::command::next::write);
            auto moved = std::move(login);
            moved.write(line);
            static_cast<void>(line.end());
            input = "-ERR wrong\r\n";
            CHECK(moved.consume(input, {}, ec) == pop3::command::next::done);
            CHECK(moved.take().error().text() == "wrong");
        });
    }
}

namespace {

pop3::command::login_context secure_context()
{
    pop3::command::login_context context;
    context.terms.secure = context.terms.may_reveal = true;
    return context;
}

} // namespace

TEST_CASE("APOP leaves neither the secret nor its digest behind")
{
    for (const auto& text : {short_text, long_text})
        check_wiped(text, [&] {
            pop3::command::apop login("mrose", secret(text), "<1896.697170952@dbc.mtview.ca.us>");
        });
    check_wiped("c4c9334bac560ecc979e58001b3e22fb", [] {
        pop3::command::command_line line;
        const pop3::command::apop login("mrose", secret("tanstaaf"), "<1896.697170952@dbc.mtview.ca.us>");
        CHECK(!login.check());
        login.write(line);
        CHECK(!line.end());
        CHECK(line.octets().size() == 45);
    });
}

namespace {

/// Runs an exchange to its end, and keeps nothing of what it writes but how much it was.
template <class Exchange>
std::size_t run(Exchange exchange, std::initializer_list<std::string_view> replies)
{
    pop3::command::command_line line;
    std::error_code ec = exchange.check();
    std::size_t octets = 0;
    auto wants = pop3::command::next::write;
    for (auto reply : replies) {
        REQUIRE(!ec);
        REQUIRE(wants == pop3::command::next::write);
        exchange.write(line);
        REQUIRE(!line.end());
        octets += line.octets().size();
        line.clear();
        wants = exchange.consume(reply, {}, ec);
        test::compute(exchange, wants, ec);
    }
    CHECK(!ec);
    CHECK(wants == pop3::command::next::done);
    return octets;
}

template <class Mechanism>
auto by(Mechanism mechanism)
{
    return pop3::command::auth<Mechanism>(std::move(mechanism));
}

std::string hmac_sha_256(std::string_view key, std::string_view data)
{
    unsigned char octets[32];
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(data.data()), data.size(), octets, nullptr);
    return {reinterpret_cast<const char*>(octets), sizeof octets};
}

} // namespace

TEST_CASE("a salted password is wiped, whole or in the middle")
{
    for (const std::uint32_t iterations : {1u, 2u, 3u}) {
        pop3::sasl::salted_password whole;
        whole.start(EVP_sha256(), "salt", iterations);
        REQUIRE(whole.advance("pencil", iterations));
        check_wiped(std::string(whole.get()), [&] {
            pop3::sasl::salted_password salted;
            salted.start(EVP_sha256(), "salt", 3);
            static_cast<void>(salted.advance("pencil", iterations));
            auto moved = std::move(salted);
            moved.start(EVP_sha256(), "salt", 4);
        });
    }
}

TEST_CASE("logins leave nothing behind of password or token, as it is or in base64")
{
    // A multiple of three octets on both sides, so that the base64 of the whole has that of the secret in it.
    const std::string text = "tanstaaftanstaaf12";
    const std::string in_base64 = "dGFuc3RhYWZ0YW5zdGFhZjEy";
    const std::string_view expired = "+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n";
    for (const auto& hidden : {text, in_base64}) {
        check_wiped(hidden,
                    [&] { CHECK(run(by(pop3::sasl::plain(password("rose", text))), {"+OK\r\n"}) > 0); });
        check_wiped(hidden, [&] {
            run(by(pop3::sasl::login(password("rose", text))), {"+ \r\n", "+ \r\n", "-ERR no\r\n"});
        });
        check_wiped(hidden, [&] {
            run(by(pop3::sasl::cram_md5(password("rose", text))), {"+ PDE4OTZAeD4=\r\n", "+OK\r\n"});
        });
        check_wiped(hidden, [&] {
            run(by(pop3::sasl::xoauth2(pop3::access_token("r", text))), {expired, "-ERR no\r\n"});
        });
        check_wiped(hidden, [&] {
            run(by(pop3::sasl::oauthbearer(pop3::access_token("ro", text))), {expired, "-ERR no\r\n"});
        });
        for (const auto* sasl : {"+OK\r\nSASL PLAIN\r\n.\r\n", "+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n"})
            check_wiped(hidden, [&] {
                run(pop3::command::login<password>(password("rose", text), {}, secure_context()),
                    {sasl, "-ERR [AUTH] no\r\n"});
            });
        check_wiped(hidden, [&] {
            run(pop3::command::login<password>(password("rose", text), {}, secure_context()),
                {"-ERR\r\n", "+OK\r\n", "-ERR no\r\n"});
        });
    }
}

TEST_CASE("SCRAM leaves nothing behind that the password could be replaced with, or searched by")
{
    // RFC 7677, section 3.
    const std::string salt = "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
    unsigned char salted[32];
    PKCS5_PBKDF2_HMAC("pencil", 6, reinterpret_cast<const unsigned char*>(salt.data()), 16, 4096,
                      EVP_sha256(), sizeof salted, salted);
    const std::string salted_password(reinterpret_cast<const char*>(salted), sizeof salted);
    const auto client_key = hmac_sha_256(salted_password, "Client Key");
    const auto server_key = hmac_sha_256(salted_password, "Server Key");
    const std::string proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    for (const auto& hidden : {std::string("pencil"), salted_password, client_key, server_key, proof})
        check_wiped(hidden, [&] {
            run(by(pop3::sasl::scram_sha_256(password("user", "pencil"), "",
                                             pop3::sasl::scram_nonce("rOprNGfwEbeRWgbNEkqO"))),
                {"+ "
                 "cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29"
                 "Fc1VF"
                 "amI2Z1E9PSxpPTQwOTY=\r\n",
                 "+ dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1bkxUSlJzamw5NUc0PQ==\r\n", "+OK\r\n"});
        });
}
