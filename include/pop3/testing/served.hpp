// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/config.hpp>
#include <pop3/testing/faults.hpp>
#include <pop3/testing/maildrops.hpp>
#include <pop3/testing/require.hpp>
#include <pop3/testing/server_options.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/strand.hpp>

#include <openssl/ssl.h>

#include <cstddef>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace pop3::testing::detail {

/// A connection, to who stops the server.
class stoppable {
public:
    /// Closes the socket, and ends whatever waits.
    virtual void stop() noexcept = 0;

protected:
    ~stoppable() = default;
};

/// What the connections of a server share. It is used on the strand.
struct served {
    served(const asio::any_io_executor& executor, server_options chosen)
        : options(std::move(chosen)), maildrops(make_maildrops(options.accounts)), faults(options.faults),
          strand(asio::make_strand(executor)),
          acceptor(strand, asio::ip::tcp::endpoint(asio::ip::make_address(options.address), options.port))
    {
        require(SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION) == 1, "TLS version");
        options.identity.load_into(tls);
    }

    const server_options options;
    std::mutex mutex; ///< Of what the test looks at and changes while the server runs: the next four.
    detail::maildrops maildrops;
    detail::faults faults;
    std::deque<std::string> lines;
    std::size_t connections = 0;
    asio::strand<asio::any_io_executor> strand;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    asio::ip::tcp::acceptor acceptor;
    std::set<stoppable*> open; ///< The connections that there are.
    bool stopped = false;
};

} // namespace pop3::testing::detail
