// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What mailbox.cpp does, by nothing but Asio and OpenSSL: what a compiler must do at least.

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/ssl.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <charconv>
#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace {

class client {
public:
    client(const asio::any_io_executor& executor, asio::ssl::context& tls) : stream_(executor, tls)
    {
    }

    asio::awaitable<void> connect(std::string host, std::string port)
    {
        asio::ip::tcp::resolver resolver(stream_.get_executor());
        const auto addresses = co_await resolver.async_resolve(host, port, asio::use_awaitable);
        co_await asio::async_connect(stream_.lowest_layer(), addresses, asio::use_awaitable);
        stream_.set_verify_callback(asio::ssl::host_name_verification(host));
        SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
        co_await stream_.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
        co_await reply();
    }

    asio::awaitable<std::string> ask(std::string command)
    {
        command += "\r\n";
        co_await asio::async_write(stream_, asio::buffer(command), asio::use_awaitable);
        co_return co_await reply();
    }

    asio::awaitable<std::string> message()
    {
        std::string octets;
        for (;;) {
            const auto text = co_await line();
            if (text == ".")
                co_return octets;
            octets.append(text, text.starts_with('.') ? 1 : 0).append("\r\n");
        }
    }

private:
    asio::awaitable<std::string> line()
    {
        const auto size = co_await asio::async_read_until(stream_, asio::dynamic_buffer(input_, 8192), "\r\n",
                                                          asio::use_awaitable);
        auto text = input_.substr(0, size - 2);
        input_.erase(0, size);
        co_return text;
    }

    asio::awaitable<std::string> reply()
    {
        auto text = co_await line();
        if (!text.starts_with("+OK"))
            throw std::runtime_error(text);
        co_return text;
    }

    asio::ssl::stream<asio::ip::tcp::socket> stream_;
    std::string input_;
};

asio::awaitable<void> read_mail(std::string host, std::string name, std::string secret)
{
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.set_default_verify_paths();
    tls.set_verify_mode(asio::ssl::verify_peer);
    client server(co_await asio::this_coro::executor, tls);
    co_await server.connect(std::move(host), "995");
    co_await server.ask("USER " + name);
    co_await server.ask("PASS " + secret);
    const auto said = co_await server.ask("STAT");
    std::size_t count = 0;
    std::from_chars(said.data() + 4, said.data() + said.size(), count);
    std::cout << count << '\n';
    co_await server.ask("RETR 1");
    std::cout << co_await server.message();
    co_await server.ask("QUIT");
}

} // namespace

int main(int, char** arguments)
{
    asio::io_context context;
    asio::co_spawn(context, read_mail(arguments[1], arguments[2], arguments[3]),
                   [](std::exception_ptr error) {
                       if (error)
                           std::rethrow_exception(error);
                   });
    context.run();
}
