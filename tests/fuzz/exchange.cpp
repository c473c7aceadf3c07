// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// A fuzzer of everything that reads what a server sends: whatever the octets are, the reply to every command is a value
// or an error, no limit is passed, and how the octets are cut makes no difference.
//
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/exchange.cpp -lcrypto -o fuzz
//     ./fuzz -max_total_time=60

#include <pop3/command/capa.hpp>
#include <pop3/command/exchange.hpp>
#include <pop3/command/hello.hpp>
#include <pop3/command/last.hpp>
#include <pop3/command/list.hpp>
#include <pop3/command/login.hpp>
#include <pop3/command/noop.hpp>
#include <pop3/command/retr.hpp>
#include <pop3/command/stat.hpp>
#include <pop3/command/uidl.hpp>
#include <pop3/password.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
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
    std::size_t rest = 0;

    friend bool operator==(const outcome&, const outcome&) = default;
};

/// Feeds an exchange pieces of `size` octets, and keeps what it leaves, as the driver does.
template <class Exchange>
outcome<Exchange> feed(Exchange exchange, std::string_view octets, std::size_t size)
{
    const auto limits = small_limits();
    outcome<Exchange> o;
    std::string input;
    while (!octets.empty()) {
        input += octets.substr(0, size);
        octets.remove_prefix(std::min(size, octets.size()));
        std::string_view rest = input;
        auto wants = pop3::command::next::write;
        while (wants == pop3::command::next::write && !o.ec)
            wants = exchange.consume(rest, limits, o.ec);
        input.erase(0, input.size() - rest.size());
        if (o.ec)
            return o;
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
    switch (data[0] % 10) {
    case 0:
        check(of(c::hello()), octets, piece);
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
    default:
        check(c::login(pop3::password("name", "secret")), octets, piece);
    }
    return 0;
}
