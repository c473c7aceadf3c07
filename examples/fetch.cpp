// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// fetch URL FOLDER [--ca-file FILE]
//
// Fetches what is new: each message that has no file in FOLDER yet. Prints the files' names. Deletes nothing.
//
//     fetch pop://mrose@pop.example.org inbox
//
// FOLDER, which is made if it is not there, is for one account. The password is asked for, or taken from the environment
// variable POP3_PASSWORD. What could not be fetched is reported, and left for the next run; the status is 1 then.

#include "read_password.hpp"

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/this_coro.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

// A file for each message. One comes at a time, since the replies of a pipeline come in order. It gets its name when it is
// whole and on the disk, and not before, since a name that is there is not fetched again. Messages with the same unique-id
// are copies (RFC 1939, section 7), and are one file.
class folder {
public:
    explicit folder(fs::path where) : where_(std::move(where))
    {
        fs::create_directories(where_);
    }

    // A unique-id may be "../x", and "a" and "A" are one file on some disks: what is not plain is encoded.
    fs::path path(std::string_view unique_id) const
    {
        constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz0123456789_";
        constexpr std::string_view digits = "0123456789abcdef";
        std::string name;
        for (const char c : unique_id) {
            const auto octet = static_cast<unsigned char>(c);
            if (plain.find(c) != plain.npos)
                name += c;
            else
                name += {'%', digits[octet >> 4], digits[octet & 15]};
        }
        return where_ / (name + ".eml");
    }

    // Takes the next octets of a message, and says whether it wants more.
    pop3::flow write(std::string_view unique_id, std::span<const char> piece)
    {
        if (open(unique_id) && std::fwrite(piece.data(), 1, piece.size(), file_.get()) == piece.size())
            return pop3::flow::more;
        error_.assign(errno, std::generic_category());
        // The fault of this message alone? If not (the disk is full, say), the others need not be sent.
        if (error_ == std::errc::filename_too_long || error_ == std::errc::file_too_large)
            return pop3::flow::drain;
        return pop3::flow::close;
    }

    // That was all of it.
    std::error_code keep(std::string_view unique_id)
    {
        if (open(unique_id) && ::fsync(::fileno(file_.get())) == 0) // Nobody has written an empty message.
            fs::rename(temporary_, path(unique_id), error_);
        else
            error_.assign(errno, std::generic_category());
        return drop();
    }

    // That was not all of it. Why not?
    std::error_code drop()
    {
        std::error_code ignored;
        file_.reset();
        fs::remove(temporary_, ignored);
        return std::exchange(error_, {});
    }

private:
    bool open(std::string_view unique_id)
    {
        if (file_)
            return true;
        temporary_ = path(unique_id) += ".part"; // If an interrupted run left one, it is written anew.
        file_.reset(std::fopen(temporary_.c_str(), "wb"));
        // Without a buffer, so that no error comes after the last write.
        return file_ && std::setvbuf(file_.get(), nullptr, _IONBF, 0) == 0;
    }

    fs::path where_;
    fs::path temporary_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, std::fclose};
    std::error_code error_;
};

asio::awaitable<void> fetch(pop3::url from, fs::path to, std::string ca_file)
{
    folder inbox(to);
    const pop3::password credentials(from.user, demo::read_password(from.user));
    const pop3::login_options options(from.auth);
    pop3::tls_context tls;
    if (!ca_file.empty())
        tls.load_verify_file(ca_file);
    auto greeted = co_await pop3::async_connect(co_await asio::this_coro::executor, tls, from);
    auto mailbox = co_await std::move(greeted).async_login(credentials, options);

    std::vector<pop3::unique_id_listing> wanted;
    std::error_code cannot_tell; // If its name is too long, say: writing it will show that.
    for (auto& entry : co_await mailbox.async_uidl())
        if (!fs::exists(inbox.path(entry.unique_id), cannot_tell))
            wanted.push_back(std::move(entry));

    const auto retr = [&](const pop3::unique_id_listing& entry) {
        const auto sink = [&](std::span<const char> piece) {
            return inbox.write(entry.unique_id, piece);
        };
        return pop3::command::retr_to(entry.number, sink);
    };
    std::vector<decltype(retr(wanted[0]))> commands;
    for (const auto& entry : wanted)
        commands.push_back(retr(entry));

    std::size_t kept = 0;
    const auto on_reply = [&](std::size_t index, const pop3::reply<pop3::delivery>& reply) {
        const auto& id = wanted[index].unique_id;
        if (!reply) { // The others come all the same.
            std::cerr << inbox.path(id).native() << ": " << to_string(reply.error()) << '\n';
        } else if (const auto error = reply->complete ? inbox.keep(id) : inbox.drop()) {
            std::cerr << inbox.path(id).native() << ": " << error.message() << '\n';
        } else {
            std::cout << inbox.path(id).native() << '\n';
            ++kept;
        }
    };
    co_await mailbox.async_pipeline(std::move(commands), on_reply);

    // Without QUIT, since at QUIT some servers delete what they have sent (EXPIRE 0).
    if (kept != wanted.size())
        throw std::runtime_error(std::to_string(wanted.size() - kept) + " left for the next run");
    (void)co_await std::move(mailbox).async_quit();
}

} // namespace

int main(int argc, char** argv)
{
    ::umask(077); // Mail is for its reader only.
    try {
        const bool has_ca_file = argc == 5 && argv[3] == std::string_view("--ca-file");
        pop3::url from;
        if (argc == 3 || has_ca_file)
            from = pop3::parse_url(argv[1]);
        if (from.user.empty())
            throw std::invalid_argument("usage: fetch pop://USER@HOST[:PORT] FOLDER [--ca-file FILE]");
        asio::io_context context(1);
        std::exception_ptr error;
        asio::co_spawn(context, fetch(from, argv[2], has_ca_file ? argv[4] : ""),
                       [&error](std::exception_ptr e) { error = e; });
        context.run();
        if (error)
            std::rethrow_exception(error);
    } catch (const std::exception& e) { // std::system_error: it broke; pop3::refused: the server said no
        std::cerr << "fetch: " << e.what() << '\n';
        return 1;
    }
}
