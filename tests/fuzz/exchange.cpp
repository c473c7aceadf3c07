// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A fuzzer of everything that reads what a server sends: whatever the octets are, the reply to every command is a value
// or an error, no limit is passed, and how the octets are cut makes no difference.
//
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/exchange.cpp -lcrypto -o fuzz
//     ./fuzz -max_total_time=60

#include "../support/compute.hpp"

#include <pop3/command/auth.hpp>
#include <pop3/command/await_greeting.hpp>
#include <pop3/command/capa.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/lang.hpp>
#include <pop3/command/last.hpp>
#include <pop3/command/lenient_listing.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/login.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/pipeline.hpp>
#include <pop3/command/range_pipeline.hpp>
#include <pop3/command/receive.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/start_tls.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/command/user_pass.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/cram_md5.hpp>
#include <pop3/sasl/login.hpp>
#include <pop3/sasl/oauthbearer.hpp>
#include <pop3/sasl/plain.hpp>
#include <pop3/sasl/scram.hpp>
#include <pop3/sasl/token_error.hpp>
#include <pop3/url.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace {

pop3::limits small_limits()
{
    pop3::limits l;
    l.response_line = 64;
    l.capabilities = 4;
    l.listing_entries = 4;
    l.unique_id = 20;
    l.message_octets = 100;
    l.streamed_octets = 200;
    l.drained_octets = 50;
    l.pipeline_commands = 3;
    l.challenges = 3;
    l.scram_min_iterations = 1;
    l.scram_max_iterations = 64;
    return l;
}

void require(bool holds)
{
    if (!holds)
        std::abort();
}

void within(const pop3::limits& l, const pop3::message& m)
{
    require(m.octets().size() <= l.message_octets);
    require(m.header().size() + m.body().size() <= m.octets().size());
}

void within(const pop3::limits& l, const std::vector<pop3::unique_id_listing>& list)
{
    require(list.size() <= l.listing_entries);
    for (const auto& entry : list)
        require(entry.number.valid() && !entry.unique_id.empty() && entry.unique_id.size() <= l.unique_id);
}

void within(const pop3::limits& l, const std::vector<pop3::scan_listing>& list)
{
    require(list.size() <= l.listing_entries);
    for (const auto& entry : list)
        require(entry.number.valid());
}

template <class Entry>
void within(const pop3::limits& l, const pop3::lenient_listing<Entry>& list)
{
    within(l, list.entries);
    require(list.entries.size() + list.unreadable.size() <= l.listing_entries);
    for (const auto& line : list.unreadable)
        require(line.error && line.text.size() <= l.response_line);
}

void within(const pop3::limits&, const auto&)
{
}

/// What came of a reply: comparable.
template <class Exchange>
struct outcome {
    using result = typename Exchange::result_type;
    using stored = std::conditional_t<std::is_void_v<result>, std::monostate, result>;

    std::error_code ec;
    std::optional<pop3::refusal> refusal;
    std::optional<stored> value;
    std::string written;
    std::size_t rest = 0;

    friend bool operator==(const outcome&, const outcome&) = default;
};

template <class Exchange>
pop3::command::next first_of(const Exchange& exchange)
{
    if constexpr (requires { Exchange::first; })
        return Exchange::first;
    else
        return exchange.traits().first;
}

/// Feeds an exchange pieces of `size` octets, and keeps what it leaves, as the driver does.
template <class Exchange>
outcome<Exchange> feed(Exchange exchange, std::string_view octets, std::size_t size)
{
    const auto limits = small_limits();
    outcome<Exchange> o;
    std::string input;
    pop3::command::command_line line;
    const auto write = [&] {
        exchange.write(line);
        require(!line.end());
        o.written.append(line.octets().begin(), line.octets().end());
        line.clear();
    };
    o.ec = exchange.check();
    if (o.ec)
        return o;
    if (first_of(exchange) == pop3::command::next::write)
        write();
    while (!octets.empty()) {
        input += octets.substr(0, size);
        octets.remove_prefix(std::min(size, octets.size()));
        std::string_view rest = input;
        auto wants = pop3::command::next::write;
        while (wants == pop3::command::next::write && !o.ec) {
            wants = exchange.consume(rest, limits, o.ec);
            test::compute(exchange, wants, o.ec);
            if (wants == pop3::command::next::write && !o.ec)
                write();
        }
        input.erase(0, input.size() - rest.size());
        if (o.ec) {
            if (!pop3::is_fatal(o.ec))
                o.rest = input.size() + octets.size();
            return o;
        }
        if (wants == pop3::command::next::done) {
            auto reply = exchange.take();
            if (!reply)
                o.refusal = reply.error();
            else if constexpr (std::is_void_v<typename Exchange::result_type>)
                o.value.emplace();
            else
                within(limits, o.value.emplace(*std::move(reply)));
            o.rest = input.size() + octets.size();
            return o;
        }
        // What is kept for the next piece is a part of one line, or of the end.
        require(input.size() <= limits.response_line + 1);
    }
    return o;
}

template <class Exchange>
void check(const Exchange& exchange, std::string_view octets, std::size_t size)
{
    require(feed(exchange, octets, octets.size()) == feed(exchange, octets, size));
}

template <class Mechanism>
auto by(Mechanism mechanism)
{
    return pop3::command::auth<Mechanism>(std::move(mechanism));
}

/// Feeds what sends ahead of its replies, which are all there at once, or come in pieces of `size`.
template <class Pipeline>
std::error_code run_pipeline(Pipeline& pipeline, std::string_view octets, std::size_t size)
{
    const auto limits = small_limits();
    pop3::command::command_line line;
    std::error_code ec;
    std::string input;
    std::size_t in_flight = 0;
    for (auto wants = pop3::command::next::read; wants == pop3::command::next::read && !octets.empty();) {
        while (pipeline.may_send(limits)) {
            const auto before = line.octets().size();
            require(!pipeline.write_next(line) && !line.end());
            pipeline.sent(line.octets().size() - before);
            require(++in_flight <= pipeline.answered() + limits.pipeline_commands + 1);
        }
        line.clear();
        input += octets.substr(0, size);
        octets.remove_prefix(std::min(size, octets.size()));
        std::string_view rest = input;
        wants = pipeline.consume(rest, limits, ec);
        input.erase(0, input.size() - rest.size());
        if (ec)
            break;
    }
    return ec;
}

void check_pipelines(std::string_view octets, std::size_t size)
{
    namespace c = pop3::command;
    std::string body;
    const auto sink = [&](std::span<const char> piece) {
        body.append(piece.data(), piece.size());
    };
    c::pipeline mixed(true, c::stat(), c::uidl(), c::retr_to(1, sink), c::list(), c::noop());
    (void)run_pipeline(mixed, octets, size);
    (void)mixed.take();

    const std::vector<decltype(c::retr_to(1, sink))> many(20, c::retr_to(1, sink));
    std::size_t replies = 0;
    const auto on_reply = [&](std::size_t index, const pop3::reply<pop3::delivery>& reply) {
        require(index == replies && reply.answered());
        ++replies;
    };
    c::range_pipeline<std::vector<decltype(c::retr_to(1, sink))>, decltype(on_reply)> range(true, many,
                                                                                            on_reply);
    (void)run_pipeline(range, octets, size);
    require(replies == range.take());
}

/// A body is the same in memory, from a sink, and received piece by piece, however it comes.
void check_bodies(std::string_view octets, std::size_t size)
{
    namespace c = pop3::command;
    auto limits = small_limits();
    limits.streamed_octets = limits.message_octets;
    limits.drained_octets = 0; // over the limit both end at once
    std::string from_sink;
    c::exchange streamed(c::retr_to(1, [&](std::span<const char> piece) {
        require(!piece.empty());
        from_sink.append(piece.data(), piece.size());
    }));
    c::exchange whole(c::retr(1));
    std::string_view rest = octets;
    std::error_code ec;
    std::error_code sink_ec;
    const auto wants = whole.consume(rest, limits, ec);
    std::string_view sink_rest = octets;
    const auto sink_wants = streamed.consume(sink_rest, limits, sink_ec);
    require(wants == sink_wants && bool(ec) == bool(sink_ec) && (ec || rest == sink_rest));
    if (ec || wants != c::next::done || whole.refused())
        return;
    const auto message = *whole.take();
    require(streamed.take()->complete && message.octets() == from_sink);

    auto body = octets.substr(octets.find('\n') + 1);
    std::string received;
    c::received_body progress;
    std::vector<char> room(size);
    for (;;) {
        c::receive_piece piece(&progress, room);
        require(piece.consume(body, limits, ec) == c::next::done);
        if (piece.at_end())
            break;
        received.append(room.data(), piece.received());
    }
    require(received == from_sink && body == rest);
}

/// What can be made of a URL can be written, and reads the same.
void check_url(std::string_view text)
{
    std::error_code ec;
    const auto url = pop3::parse_url(text, ec);
    if (ec)
        return;
    const auto written = to_string(url);
    const auto again = pop3::parse_url(written, ec);
    require(!ec && again.user == url.user && again.auth == url.auth && again.host == url.host &&
            again.port == url.port);
}

pop3::command::login_context over_tls()
{
    pop3::command::login_context context;
    context.terms.secure = context.terms.may_reveal = true;
    context.binding = {"tls-exporter", std::string(32, 'x')};
    context.timestamp = "<1896.697170952@dbc.mtview.ca.us>";
    return context;
}

template <class Command>
auto of(Command command)
{
    return pop3::command::exchange<Command>(std::move(command));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 3)
        return 0;
    namespace c = pop3::command;
    const std::size_t piece = 1 + data[1] % 16;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 2, size - 2);
    const pop3::password alice("user", "pencil");
    const pop3::sasl::scram_nonce nonce("abc");
    switch (data[0] % 26) {
    case 0:
        check(c::await_greeting(), octets, piece);
        break;
    case 1:
        check(of(c::capa()), octets, piece);
        break;
    case 2:
        check(of(c::stat()), octets, piece);
        break;
    case 3:
        check(of(c::list()), octets, piece);
        break;
    case 4:
        check(of(c::list_one(2)), octets, piece);
        break;
    case 5:
        check(of(c::uidl()), octets, piece);
        check(of(c::lenient_uidl()), octets, piece);
        check(of(c::lenient_list()), octets, piece);
        break;
    case 6:
        check(of(c::uidl_one(2)), octets, piece);
        break;
    case 7:
        check(of(c::retr(1)), octets, piece);
        break;
    case 8:
        check(of(c::last()), octets, piece);
        break;
    case 9:
        check(c::user_pass(alice), octets, piece);
        break;
    case 10:
        check(by(pop3::sasl::plain(alice)), octets, piece);
        break;
    case 11:
        check(by(pop3::sasl::login(alice)), octets, piece);
        break;
    case 12:
        check(by(pop3::sasl::cram_md5(alice)), octets, piece);
        break;
    case 13:
        check(by(pop3::sasl::scram_sha_256(alice, "", nonce)), octets, piece);
        break;
    case 14:
        check(by(pop3::sasl::oauthbearer(pop3::access_token("user", "token"))), octets, piece);
        break;
    case 15:
        check(c::start_tls(pop3::stls_policy::if_offered, {}), octets, piece);
        break;
    case 16:
        check(of(c::lang("de")), octets, piece);
        break;
    case 17:
        check(of(c::lang_list()), octets, piece);
        break;
    case 18: {
        // Its SCRAM has another nonce each time, so that what is written is another as well.
        const auto limits = small_limits();
        c::login<pop3::password> login(alice, {}, over_tls());
        std::error_code ec = login.check();
        std::string_view rest = octets;
        c::command_line line;
        auto wants = c::next::write;
        while (!ec && wants == c::next::write) {
            login.write(line);
            require(!line.end());
            line.clear();
            wants = login.consume(rest, limits, ec);
            test::compute(login, wants, ec);
        }
        if (!ec && wants == c::next::done)
            (void)login.take();
        break;
    }
    case 19:
        check_url(octets);
        break;
    case 21:
        check(of(c::list_to([](const pop3::scan_listing&) {})), octets, piece);
        break;
    case 22:
        check(of(c::uidl_to([n = 0](const pop3::unique_id_view& entry) mutable {
                  require(entry.number.valid() && !entry.unique_id.empty());
                  return ++n == 3 ? pop3::flow::drain : pop3::flow::more;
              })),
              octets, piece);
        break;
    case 23:
        check_pipelines(octets, octets.size());
        check_pipelines(octets, piece);
        break;
    case 24:
        check_bodies(octets, piece);
        break;
    case 25: // how much the sink was given depends on the cut
        (void)feed(of(c::retr_to(1, [](std::span<const char>) { return pop3::flow::drain; })), octets, piece);
        break;
    default:
        (void)pop3::sasl::says_token_expired(octets);
    }
    return 0;
}
