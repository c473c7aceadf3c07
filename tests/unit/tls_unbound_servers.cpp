// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/tls/unbound_servers.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

using pop3::detail::unbound_servers;
using namespace std::chrono_literals;

TEST_CASE("unbound servers: each by its name")
{
    unbound_servers servers;
    CHECK_FALSE(servers.contain("name a port 995"));
    servers.add("name a port 995");
    CHECK(servers.contain("name a port 995"));
    CHECK_FALSE(servers.contain("name a port 110"));
    CHECK_FALSE(servers.contain("name b port 995"));
    servers.add("name b port 995");
    servers.forget("name a port 995");
    servers.forget("name c port 995");
    CHECK_FALSE(servers.contain("name a port 995"));
    CHECK(servers.contain("name b port 995"));
    servers.clear();
    CHECK_FALSE(servers.contain("name b port 995"));
}

TEST_CASE("unbound servers: for a day, which no login makes longer but one that was refused again")
{
    unbound_servers servers;
    const auto start = unbound_servers::clock::now();
    servers.add("a", start);
    CHECK(servers.contain("a", start + 24h - 1s));
    CHECK_FALSE(servers.contain("a", start + 24h));
    servers.add("a", start + 25h);
    CHECK(servers.contain("a", start + 48h));
    CHECK_FALSE(servers.contain("a", start + 49h));
}

TEST_CASE("unbound servers: not too many")
{
    unbound_servers servers;
    for (std::size_t i = 0; i != 1000; ++i) {
        servers.add(std::to_string(i));
        servers.add("again and again");
    }
    std::size_t known = 0;
    for (std::size_t i = 0; i != 1000; ++i)
        known += servers.contain(std::to_string(i)) ? 1 : 0;
    CHECK(known == unbound_servers::max_servers - 1);
    CHECK(servers.contain("999"));
    CHECK(servers.contain("again and again"));
}

TEST_CASE("unbound servers: from several threads")
{
    unbound_servers servers;
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([&servers, t] {
            for (int i = 0; i != 1000; ++i) {
                const auto name = std::to_string((i + t) % 100);
                servers.add(name);
                static_cast<void>(servers.contain(name));
                servers.forget(name);
            }
        });
    for (auto& thread : threads)
        thread.join();
    for (int i = 0; i != 100; ++i)
        servers.forget(std::to_string(i));
    CHECK_FALSE(servers.contain("0"));
}
