// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What a program inherits that is started while a session is open: nothing of it.

#include "support/run.hpp"

#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

/// This process' sockets that are connected to this port.
std::vector<int> sockets_to(std::uint16_t port)
{
    std::vector<int> found;
    for (int fd = 0; fd != 1024; ++fd) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == port)
            found.push_back(fd);
    }
    return found;
}

bool child_has(int fd)
{
    return std::system(("test -e /dev/fd/" + std::to_string(fd)).c_str()) == 0;
}

pop3::testing::server_options served(bool tls)
{
    pop3::testing::server_options options(
        {pop3::testing::account("alice", "secret", pop3::testing::sample_messages())});
    options.address = "127.0.0.1";
    options.tls = tls;
    return options;
}

/// Looks while there is a session, made in the way `how`, and in each of its states.
template <class How>
void check(const pop3::testing::background_server& server, const How& how)
{
    test::run([&]() -> asio::awaitable<void> {
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        pop3::connect_options options;
        options.port = server.port();
        // An address where nothing is comes first: its socket must not stay either.
        const auto loopback = asio::ip::address_v4::loopback();
        options.endpoints = {{loopback, 1}, {loopback, server.port()}};
        auto greeted = co_await pop3::async_connect(executor, how, "localhost", options);
        const auto look = [&] {
            const auto sockets = sockets_to(server.port());
            REQUIRE(sockets.size() == 1);
            CHECK((::fcntl(sockets[0], F_GETFD) & FD_CLOEXEC) != 0);
            CHECK_FALSE(child_has(sockets[0]));
        };
        look();
        if constexpr (!std::is_same_v<How, pop3::without_tls_t>) {
            const pop3::password alice("alice", "secret");
            auto mailbox = co_await std::move(greeted).async_login(alice);
            look();
            const auto update = co_await std::move(mailbox).async_quit();
            CHECK(update.deletions() == pop3::deletions::committed);
        }
    });
    CHECK(sockets_to(server.port()).empty());
}

} // namespace

TEST_CASE("a program that is started while a session is open does not inherit its socket")
{
    // What is not marked would be found in the child.
    const int plain = ::socket(AF_INET, SOCK_STREAM, 0);
    CHECK(child_has(plain));
    ::close(plain);

    const pop3::testing::background_server secure(served(true));
    pop3::tls_context tls;
    tls.add_certificate_authority(secure.identity().pem());
    check(secure, tls);

    const pop3::testing::background_server clear(served(false));
    check(clear, pop3::without_tls);
    check(clear, pop3::allow_cleartext);
    pop3::tls_context starting;
    starting.add_certificate_authority(clear.identity().pem());
    check(clear, pop3::stls(starting));
}
