// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pop3 {

/// Bounds on what a server can make its client do. All are finite; an error that comes of one names it.
/// Memory grows with what was received, never with a number that the server sent.
///
/// A time of a year or more is no bound. Zero, or less, is no time: the operation fails with `errc::timed_out` before it
/// sends anything, and after QUIT the end of TLS is left out.
///
///     pop3::connect_options options;
///     options.limits.message_octets = 512u << 20;
struct limits {
    /// Octets of one line of a reply (status line, listing entry, capability), without its CRLF. Lines of a
    /// message are not bounded by it. RFC 2449 allows 510; real servers send more.
    std::size_t response_line = 8192;
    /// Lines of the reply to CAPA.
    std::size_t capabilities = 128;
    /// Entries of the reply to LIST or UIDL that is read into memory.
    std::size_t listing_entries = 1'000'000;
    /// Entries of one that goes to a sink. None is so long: it is against a server that never ends one.
    std::uint64_t streamed_entries = 1'000'000'000;
    /// Languages of the reply to LANG.
    std::size_t languages = 1000;
    /// Octets of one unique-id. RFC 1939 allows 70.
    std::size_t unique_id = 128;
    /// Octets of a message that is read into memory (RETR or TOP into a `pop3::message`).
    std::size_t message_octets = 64u << 20;
    /// Octets of a message that goes to a sink, or is received piece by piece. None is so large: it is against a server that never ends one.
    std::uint64_t streamed_octets = 16ull << 30;
    /// Octets that are read and dropped when a sink wants no more of a reply (`flow::drain`), a message that is received
    /// piece by piece is not read to its end, or what stands before them is malformed or over a limit.
    std::uint64_t drained_octets = 64u << 20;
    /// Commands of a pipeline that may be sent ahead of their replies. Measured: with small messages and no round trip time
    /// 1,000 take a quarter longer, and more than 2,000 are no faster.
    std::size_t pipeline_commands = 2000;
    /// Octets of these commands.
    std::size_t pipeline_octets = 32768;
    /// Challenges of one SASL login. Each is a line, so `response_line` bounds its size.
    std::size_t challenges = 16;
    /// The fewest iterations that a server may ask for with SCRAM. RFC 7677 wants 4096 at least.
    std::uint32_t scram_min_iterations = 4096;
    /// The most iterations that a server may ask for with SCRAM: about a second of computing. It is done in pieces of less than a
    /// millisecond, between which other handlers run.
    std::uint32_t scram_max_iterations = 1'000'000;
    /// Time to resolve, connect, do the TLS handshake and read the greeting, all together.
    std::chrono::milliseconds connect_time = std::chrono::seconds(30);
    /// Time for any other operation, from its start to its completion: all its writes and reads. Each `progress_octets` that
    /// come, and each reply of a pipeline, earn it the whole of it again: what is large may take long, what stands still may
    /// not.
    std::chrono::milliseconds operation_time = std::chrono::minutes(5);
    /// Octets that must come in each `operation_time` while a reply goes on: the slowest that is waited for. With both as they
    /// are by default, 218 octets a second: less than a modem of 2,400 bits a second brings.
    std::size_t progress_octets = 65536;
    /// Time given to the orderly end of TLS after the reply to QUIT, over a stream of the user's own: over a `tls_stream`
    /// nothing is waited for. When it passes the socket is closed; that is no error.
    std::chrono::milliseconds shutdown_time = std::chrono::seconds(2);
};

} // namespace pop3
