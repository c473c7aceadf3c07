// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Tests count_mail against a server in the same process, which refuses, hangs up, and shows a wrong certificate. Any test
// framework will do; here there is none.

#include "count_mail.hpp"

#include <pop3/testing.hpp>

#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

namespace testing = pop3::testing;

namespace {

void require(bool holds, const char* what)
{
    if (holds)
        return;
    std::cerr << "failed: " << what << '\n';
    std::exit(1);
}

testing::server_options two_messages()
{
    return testing::server_options({testing::account("alice", "secret", {"One.\r\n", "Two.\r\n"})});
}

/// What count_mail returns, or nothing if it throws, after three tries without a pause to speak of.
std::optional<std::uint64_t> count(const testing::server& server, const std::string& secret = "secret")
{
    pop3::tls_context tls(pop3::no_system_roots);
    tls.add_certificate_authority(server.identity().pem());
    const auto where = pop3::parse_url("pop://alice@localhost:" + std::to_string(server.port()));
    try {
        return count_mail(tls, where, pop3::password("alice", secret), 3, std::chrono::milliseconds(1));
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

void survives_any_broken_connection()
{
    testing::fuse fuse;
    const std::size_t steps = fuse.run([&] {
        auto options = two_messages();
        options.fuse = &fuse;
        const testing::background_server server(options);
        require(count(server) == 2, "the count is right after any step that broke");
        require(server.connections() == (fuse.blown() ? 2 : 1), "one more try for one that broke");
    });
    require(steps >= 5, "greeting, CAPA, two of AUTH and STAT were all broken once");
}

void waits_for_a_maildrop_that_is_in_use()
{
    auto options = two_messages();
    options.faults = {testing::fault::refuse("AUTH", "[IN-USE] another session has it").times(2)};
    const testing::background_server server(options);
    require(count(server) == 2, "the third try gets in");
    require(server.connections() == 3, "there were three tries");
}

void gives_up_in_the_end()
{
    auto options = two_messages();
    options.faults = {testing::fault::hang_up_after("STAT", 4)};
    const testing::background_server server(options);
    require(!count(server), "half of a reply is not taken for a count");
    require(server.connections() == 3, "there were three tries");
}

void tries_a_wrong_password_once()
{
    const testing::background_server server(two_messages());
    require(!count(server, "wrong"), "a wrong password is no count");
    require(server.connections() == 1, "an account must not be locked by trying again");
}

void does_not_trust_an_expired_certificate()
{
    auto options = two_messages();
    options.identity =
        testing::certificate("DNS:localhost", -std::chrono::hours(48), -std::chrono::hours(24));
    const testing::background_server server(options);
    require(!count(server), "an expired certificate is no count");
    require(server.connections() == 1, "it will not be better the next time");
    require(server.lines().empty(), "and is told nothing");
}

} // namespace

int main()
{
    survives_any_broken_connection();
    waits_for_a_maildrop_that_is_in_use();
    gives_up_in_the_end();
    tries_a_wrong_password_once();
    does_not_trust_an_expired_certificate();
    std::cout << "all passed\n";
}
