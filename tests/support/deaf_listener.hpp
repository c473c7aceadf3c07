// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <filesystem>
#include <iterator>
#include <list>
#include <string_view>
#include <system_error>
#include <utility>

namespace test {

/// A listener on loopback whose queue is full, so that who connects gets no answer at all: as from an address behind which
/// nothing is. It can begin to answer. Linux asks again after a second then.
class deaf_listener {
public:
    explicit deaf_listener(asio::io_context& context)
        : context_(context), acceptor_(context, asio::ip::tcp::v4())
    {
        acceptor_.bind({asio::ip::address_v4::loopback(), 0});
        acceptor_.listen(0);
        for (int i = 0; i != 4; ++i)
            sockets_.emplace_back(context).async_connect(endpoint(), [](std::error_code) {});
    }

    asio::ip::tcp::endpoint endpoint() const
    {
        return acceptor_.local_endpoint();
    }

    /// From now on accepts who comes, and greets him.
    void listen()
    {
        auto& accepted = sockets_.emplace_back(context_);
        acceptor_.async_accept(accepted, [this, &accepted](std::error_code ec) {
            if (ec)
                return;
            ++accepted_;
            std::error_code ignored;
            constexpr std::string_view greeting = "+OK ready\r\n";
            asio::write(accepted, asio::buffer(greeting.data(), greeting.size()), ignored);
            listen();
        });
    }

    int accepted() const
    {
        return accepted_;
    }

    /// What waits in the context goes on no more.
    void close()
    {
        std::error_code ignored;
        acceptor_.close(ignored);
        for (auto& s : sockets_)
            s.close(ignored);
    }

private:
    asio::io_context& context_;
    asio::ip::tcp::acceptor acceptor_;
    std::list<asio::ip::tcp::socket> sockets_;
    int accepted_ = 0;
};

/// How many files and sockets this process has open.
inline std::ptrdiff_t open_descriptors()
{
    return std::distance(std::filesystem::directory_iterator("/dev/fd"),
                         std::filesystem::directory_iterator());
}

} // namespace test
