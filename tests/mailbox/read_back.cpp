// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// read_back MESSAGES FOLDER
//
// Serves what is in the files of MESSAGES, in the order of their names, and fetches it into FOLDER/maildir and FOLDER/mbox: in
// batches, and in two runs.

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>
#include <pop3/testing/server.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>

#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

std::vector<std::string> read_files(const std::filesystem::path& folder)
{
    std::set<std::filesystem::path> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path());
    std::vector<std::string> all;
    for (const auto& name : names) {
        std::ifstream file(name, std::ios::binary);
        all.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return all;
}

template <class Delivery>
asio::awaitable<void> fetch(const pop3::testing::background_server& server, pop3::tls_context& tls,
                            Delivery& inbox, std::size_t count)
{
    pop3::seen_memory seen;
    const auto executor = co_await asio::this_coro::executor;
    for (std::size_t fetched = 0; fetched != count;) {
        pop3::connect_options to;
        to.port = server.port();
        auto greeted = co_await pop3::async_connect(executor, tls, "localhost", to);
        auto mailbox = co_await std::move(greeted).async_login(pop3::password("alice", "secret"));
        pop3::fetch_options options;
        options.batch_messages = 3;
        options.session_messages = count / 2 + 1;
        const auto report = co_await pop3::async_fetch(std::move(mailbox), seen, inbox,
                                                       pop3::keep_on_server(), std::move(options));
        if (report.fetched == 0)
            throw std::runtime_error("some messages do not come");
        fetched += report.fetched;
    }
}

void fetch_all(const pop3::testing::background_server& server, auto& inbox, std::size_t count)
{
    pop3::tls_context tls;
    tls.add_certificate_authority(server.identity().pem());
    asio::io_context context(1);
    std::exception_ptr error;
    asio::co_spawn(context, fetch(server, tls, inbox, count), [&error](std::exception_ptr e) { error = e; });
    context.run();
    if (error)
        std::rethrow_exception(error);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 3) {
        std::cerr << "usage: read_back MESSAGES FOLDER\n";
        return 2;
    }
    try {
        const auto messages = read_files(argv[1]);
        const pop3::testing::background_server server(
            pop3::testing::server_options({pop3::testing::account("alice", "secret", messages)}));
        const std::string folder = argv[2];
        pop3::maildir maildir(folder + "/maildir");
        pop3::mbox mbox(folder + "/mbox");

        fetch_all(server, maildir, messages.size());
        fetch_all(server, mbox, messages.size());
    } catch (const std::exception& e) {
        std::cerr << "read_back: " << e.what() << '\n';
        return 1;
    }
}
