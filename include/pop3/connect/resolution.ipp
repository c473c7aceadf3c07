// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/connect/resolution.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace pop3::detail {

/// What the resolver calls, or drops if it has no memory for the answer: then it throws, but out of `run()`, where the
/// operation would not learn of it.
class resolution_handler {
public:
    explicit resolution_handler(std::shared_ptr<resolution> r) : resolution_(std::move(r))
    {
    }

    resolution_handler(resolution_handler&&) = default;

    ~resolution_handler()
    {
        if (resolution_ && !resolution_->answered)
            resolution_->answer(asio::error::no_memory);
    }

    void operator()(std::error_code ec, asio::ip::tcp::resolver::results_type results)
    {
        resolution_->results = std::move(results); // copied where an exception can end the operation
        resolution_->answer(ec);
    }

private:
    std::shared_ptr<resolution> resolution_;
};

POP3_DECL void resolution::answer(std::error_code ec)
{
    error = ec;
    answered = true;
    timer.cancel();
}

POP3_DECL void resolve(const std::shared_ptr<resolution>& r, const std::string& host, std::uint16_t port)
{
    // Asio throws if there is no thread left to ask in. It must not get out: the operation waits already, and would
    // complete later all the same.
    const auto ask = [&] {
        r->resolver.async_resolve(host, std::to_string(port), asio::ip::tcp::resolver::numeric_service,
                                  resolution_handler(r));
    };
#if defined(POP3_NO_EXCEPTIONS)
    ask();
#else
    try {
        ask();
    } catch (const std::system_error& e) {
        r->answer(e.code());
    } catch (...) {
        r->answer(asio::error::no_memory);
    }
#endif
}

} // namespace pop3::detail
