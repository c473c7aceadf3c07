// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// A conversation, broken in every place: `make_script` returns the script, `converse` the client's coroutine, which
// throws nothing but what the library throws.

#include "support/run.hpp"

#include <pop3/error.hpp>
#include <pop3/testing/fuse.hpp>
#include <pop3/testing/scripted_stream.hpp>

#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <system_error>

namespace test {

/// However the network cuts what is said, the conversation is the same: whole, in two parts, in small pieces.
template <class MakeScript, class Converse>
void cut_everywhere(MakeScript make_script, Converse converse)
{
    const auto check = [&](const auto& talk) {
        test::run([&] { return converse(talk); });
        CHECK(talk->finished());
        CHECK(talk->closed());
    };
    const auto total = make_script()->server_octets();
    for (std::size_t split = 0; split != total; ++split) {
        CAPTURE(split);
        const auto talk = make_script();
        talk->split_at(split);
        check(talk);
    }
    for (const std::size_t octets : {1u, 2u, 3u, 7u, 10u}) {
        CAPTURE(octets);
        const auto talk = make_script();
        talk->octets_at_a_time(octets);
        check(talk);
    }
}

/// The connection may fail at every read and write, each of so many octets at most: the client is told so, or that the server
/// has gone if it was that, and nothing of a reply had come. Returns how many there are.
template <class MakeScript, class Converse>
std::size_t fail_everywhere(MakeScript make_script, Converse converse,
                            std::size_t octets = static_cast<std::size_t>(-1),
                            std::error_code failure = asio::error::connection_reset,
                            std::error_code told = asio::error::connection_reset)
{
    pop3::testing::fuse fuse(failure);
    return fuse.run([&] {
        CAPTURE(fuse.at());
        const auto talk = make_script();
        talk->octets_at_a_time(octets).with(fuse);
        std::error_code error;
        try {
            test::run([&] { return converse(talk); });
        } catch (const std::system_error& e) {
            error = e.code();
        }
        CHECK(talk->closed());
        CHECK(fuse.blown() == (error != std::error_code()));
        if (!error) {
            CHECK(talk->finished());
            return;
        }
        CHECK((error == told ||
               (failure == asio::error::connection_reset && error == pop3::errc::connection_closed)));
        CHECK(!talk->wrong());
    });
}

} // namespace test
