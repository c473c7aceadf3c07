// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/fuse.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace pop3::testing {

class scripted_stream;

/// A conversation in memory: what the server says, and what the client must say in between. Shared by the test and
/// the stream, so that the test can look at it when the session is gone.
///
///     auto talk = pop3::testing::script::make();
///     talk->client("STAT\r\n").server("+OK 2 320\r\n").client("RETR 1\r\n").server("+OK\r\nSubj").end();
///     auto mailbox = pop3::testing::open_session<pop3::transaction>(executor, talk);
///     ...
///     CHECK(talk->finished());
///
/// A client that says something else, or that hears all of it and says more, finds the connection closed by the server;
/// `difference()` tells what it should have said.
///
/// Not thread-safe: it belongs to the thread of the stream's executor.
class script {
public:
    /// How time is told.
    using duration = std::chrono::steady_clock::duration;

    /// An empty one.
    static std::shared_ptr<script> make()
    {
        return std::make_shared<script>();
    }

    /// What the server says next.
    script& server(std::string_view text)
    {
        return add(line{kind::server, std::string(text), {}, {}});
    }

    /// What the client must say next.
    script& client(std::string_view text)
    {
        return add(line{kind::client, std::string(text), {}, {}});
    }

    /// The server is silent so long.
    script& wait(duration time)
    {
        return add(line{kind::wait, {}, {}, time});
    }

    /// The connection ends: reads give `ec` when all before was read.
    script& end(std::error_code ec = asio::error::eof)
    {
        return add(line{kind::end, {}, ec, {}});
    }

    /// No read gives octets from both sides of this offset in what the server says.
    script& split_at(std::size_t offset)
    {
        split_ = offset;
        return *this;
    }

    /// No read gives more, and no write takes more.
    script& octets_at_a_time(std::size_t n)
    {
        most_ = (std::max)(n, std::size_t(1));
        return *this;
    }

    /// Each read and write is a step of `f`, which must outlive the stream.
    script& with(fuse& f)
    {
        fuse_ = &f;
        return *this;
    }

    /// The read or write with this number, from 0, fails.
    script& fail_at(std::size_t step, std::error_code ec = asio::error::connection_reset)
    {
        fail_at_ = step;
        failure_ = ec;
        return *this;
    }

    /// Reads and writes so far.
    std::size_t steps() const noexcept
    {
        return steps_;
    }

    /// All that the client said.
    const std::string& written() const noexcept
    {
        return written_;
    }

    /// What the client said was what it had to say, and it said and read all of it.
    bool finished() const noexcept
    {
        return !wrong_ && (at_ == lines_.size() || ended_);
    }

    /// Whether the client said what it should not have said.
    bool wrong() const noexcept
    {
        return wrong_;
    }

    /// For a human: what the client should have said, and what it said. Empty if it said nothing wrong.
    std::string difference() const
    {
        if (!wrong_)
            return {};
        return "expected " +
               (is_at(kind::client) ? '"' + lines_[at_].text.substr(offset_) + '"' : "nothing") + ", got \"" +
               written_.substr(good_) + '"';
    }

    /// Whether the client has closed its end.
    bool closed() const noexcept
    {
        return closed_;
    }

    /// How much the server says.
    std::size_t server_octets() const noexcept
    {
        std::size_t n = 0;
        for (const auto& l : lines_)
            n += l.is == kind::server ? l.text.size() : 0;
        return n;
    }

private:
    friend class scripted_stream;

    enum class kind { server, client, wait, end };

    struct line {
        kind is;
        std::string text;
        std::error_code end;
        duration time;
    };

    script& add(line l)
    {
        lines_.push_back(std::move(l));
        return *this;
    }

    bool readable() const
    {
        return wrong_ || is_at(kind::server) || is_at(kind::end);
    }

    bool is_at(kind k) const
    {
        return at_ != lines_.size() && lines_[at_].is == k;
    }

    std::size_t read(asio::mutable_buffer into, std::error_code& ec)
    {
        if (wrong_ || is_at(kind::end)) {
            ended_ = !wrong_;
            ec = wrong_ ? asio::error::eof : lines_[at_].end;
            return 0;
        }
        const auto& l = lines_[at_];
        auto n = std::min({into.size(), most_, l.text.size() - offset_});
        if (given_ < split_)
            n = std::min(n, split_ - given_);
        asio::buffer_copy(into, asio::buffer(l.text.data() + offset_, n));
        given_ += n;
        forward(n);
        return n;
    }

    std::size_t write(asio::const_buffer from)
    {
        const auto n = std::min(from.size(), most_);
        auto said = std::string_view(static_cast<const char*>(from.data()), n);
        written_ += said;
        while (!said.empty() && !wrong_) {
            wrong_ = !is_at(kind::client);
            if (wrong_)
                break;
            const auto expected = std::string_view(lines_[at_].text).substr(offset_, said.size());
            wrong_ = !said.starts_with(expected);
            if (wrong_)
                break;
            said.remove_prefix(expected.size());
            good_ += expected.size();
            forward(expected.size());
        }
        return n;
    }

    void forward(std::size_t n)
    {
        offset_ += n;
        if (offset_ == lines_[at_].text.size()) {
            ++at_;
            offset_ = 0;
        }
    }

    std::error_code next_step()
    {
        if (steps_++ == fail_at_)
            return failure_;
        return fuse_ != nullptr ? fuse_->step() : std::error_code();
    }

    std::vector<line> lines_;
    std::string written_;
    std::size_t good_ = 0; // of what was written
    std::size_t at_ = 0;
    std::size_t offset_ = 0;
    std::size_t given_ = 0;
    std::size_t split_ = 0;
    std::size_t most_ = static_cast<std::size_t>(-1);
    std::size_t steps_ = 0;
    std::size_t fail_at_ = static_cast<std::size_t>(-1);
    std::error_code failure_;
    fuse* fuse_ = nullptr;
    bool wrong_ = false;
    bool ended_ = false;
    bool closed_ = false;
};

} // namespace pop3::testing
