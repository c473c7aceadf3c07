// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/detail/runs_on.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/system_executor.hpp>
#include <asio/thread_pool.hpp>
#include <doctest/doctest.h>

namespace {

using pop3::detail::one_at_a_time;
using pop3::detail::runs_on;
using strand_on_any = asio::strand<asio::any_io_executor>;

} // namespace

TEST_CASE("runs_on: executors of every kind, from outside and from within")
{
    asio::io_context context(1);
    asio::io_context other(1);
    const asio::any_io_executor plain = context.get_executor();
    const asio::any_io_executor strand = asio::make_strand(context);
    const asio::any_io_executor strand_of_any = strand_on_any(plain);
    const asio::any_io_executor elsewhere = other.get_executor();
    for (const auto& e : {plain, strand, strand_of_any, elsewhere})
        CHECK(!runs_on(e));
    CHECK(!runs_on(asio::any_io_executor()));
    CHECK(!runs_on(asio::system_executor()));
    int ran = 0;
    for (const auto& e : {plain, strand, strand_of_any})
        asio::post(e, [&, e] {
            ++ran;
            CHECK(runs_on(e));
            CHECK(runs_on(plain));
            CHECK(!runs_on(elsewhere));
            CHECK(runs_on(strand) == (e == strand));
            CHECK(runs_on(strand_of_any) == (e == strand_of_any));
        });
    context.run();
    CHECK(ran == 3);
}

TEST_CASE("one_at_a_time: a strand where there are surely several threads, and nowhere else")
{
    asio::io_context context(1);
    asio::thread_pool pool(1);
    const asio::any_io_executor plain = context.get_executor();
    const asio::any_io_executor strand = asio::make_strand(pool);
    CHECK(one_at_a_time(plain) == plain);
    CHECK(one_at_a_time(strand) == strand);
    CHECK(one_at_a_time(pool.get_executor()) != asio::any_io_executor(pool.get_executor()));
    CHECK(one_at_a_time(asio::system_executor()) != asio::any_io_executor(asio::system_executor()));
}
