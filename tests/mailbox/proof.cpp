// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// proof [SEED [NAME]]
//
// That no message is lost, and none comes twice: the whole chain (server, session, delivery, store, DELE, QUIT, next run) in
// one process, with a fault at every file operation, and at every octet of the wire, of many maildrops, policies, servers and
// deliveries; and then once more, to the end. And that each message is durable, and its record, when its DELE is heard.
// NAME: scenarios with it in their names alone. Prints how many cases there were. The status is 1 if one of them went wrong.

#include "support/machine_stream.hpp"
#include "support/pop3_machine.hpp"
#include "support/simulated_disk.hpp"

#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using test::machine_stream;
using test::pop3_machine;
using test::simulated_disk;
using fault = simulated_disk::fault;
using octets_list = std::vector<std::string>;

enum class delivers { maildir, files, mbox };

struct scenario {
    std::string name;
    std::vector<pop3_machine::message> maildrop;
    pop3::fetch_policy policy;
    pop3_machine::pipelining ahead = pop3_machine::pipelining::right;
    std::size_t batch = 100;
    bool deletes = false;
    delivers to = delivers::maildir;
    /// Later the maildrop has these instead, from a server that gives unique-ids to new messages that old ones had.
    std::vector<pop3_machine::message> later = {};
    /// So many of the maildrop were there, and were fetched, before the rest came.
    std::size_t before = 0;
    /// The store is compacted, and then fetched into.
    bool compacts = false;
    /// After the run that is disturbed the policy is to delete nothing: what was to be deleted before is deleted all the same.
    bool then_keeps = false;
    /// Another process fetches for another account, with the same store, in the middle of each file operation.
    bool two_processes = false;
};

/// Where a run is disturbed.
struct disturbance {
    fault disk = fault::none;
    std::size_t operation = 0;
    std::string what = {}; // the operation is
    int error = EIO;
    std::optional<std::size_t> cut_received;
    std::optional<std::size_t> cut_sent;
    std::optional<std::size_t> other_at; // comes before this operation
    bool power_goes_after = false;
    bool silent_quit = false;

    std::string describe() const
    {
        std::string text;
        if (disk != fault::none)
            text += " disk fault " + std::to_string(static_cast<int>(disk)) + " (" + std::to_string(error) +
                    ") at operation " + std::to_string(operation) + ", " + what;
        if (cut_received)
            text += " cut after " + std::to_string(*cut_received) + " octets received";
        if (cut_sent)
            text += " cut after " + std::to_string(*cut_sent) + " octets sent";
        if (other_at)
            text += " another process at operation " + std::to_string(*other_at);
        if (power_goes_after)
            text += ", and then a power cut";
        return text;
    }

    /// What an mbox has at its end may be uncommitted, and a message may be there that was not recorded (see mbox.hpp).
    bool spoils_mbox() const
    {
        if (disk == fault::kill || disk == fault::power_cut)
            return true;
        return disk == fault::error &&
               (power_goes_after || what.starts_with("truncate ") || what.find(" state/") != what.npos);
    }
};

struct outcome {
    std::error_code error;
    pop3::fetch_report report;
    bool done = false;
    std::size_t received = 0;
    std::size_t sent = 0;
    std::size_t operations = 0;
};

/// Who fetches, and whereto.
struct user {
    std::string account;
    std::string inbox;
    asio::io_context context{1};
};

/// One run of the program: connect, log in, fetch, QUIT.
outcome run(user& who, const scenario& s, const pop3::fetch_policy& policy, pop3_machine& machine,
            simulated_disk& disk, const disturbance& d, std::chrono::sys_seconds now)
{
    outcome o;
    const auto wire = std::make_shared<test::wire>(machine);
    if (d.cut_received)
        wire->cut_after_received = *d.cut_received;
    if (d.cut_sent)
        wire->cut_after_sent = *d.cut_sent;
    const auto before = disk.operations();
    if (d.disk != fault::none)
        disk.fail_at(d.operation, d.disk, d.error);
    disk.on_end = [&] {
        wire->cut = true;
    };
    machine.silent_quit = d.silent_quit;
    {
        pop3::seen_file seen("state/seen", disk);
        if (s.compacts)
            seen.compact(o.error);
        pop3::maildir maildir(who.inbox, disk);
        pop3::message_files files(who.inbox, disk);
        pop3::mbox mbox(who.inbox, disk);
        using greeted = pop3::session<pop3::authorization, machine_stream>;
        using mailbox = pop3::session<pop3::transaction, machine_stream>;
        const auto log_in = [&](std::error_code ec, pop3::reply<mailbox, greeted> m) {
            if (ec || !m) {
                o.error = ec;
                return;
            }
            pop3::fetch_options options;
            options.account = who.account;
            options.batch_messages = s.batch;
            options.clock = [now] {
                return now;
            };
            const auto fetch_into = [&](auto& inbox) {
                pop3::async_fetch(*std::move(m), seen, inbox, policy, std::move(options),
                                  [&](std::error_code ec2, pop3::fetch_report r) {
                                      o.error = ec2;
                                      o.report = std::move(r);
                                      o.done = true;
                                  });
            };
            if (s.to == delivers::maildir)
                fetch_into(maildir);
            else if (s.to == delivers::files)
                fetch_into(files);
            else
                fetch_into(mbox);
        };
        if (!o.error)
            pop3::async_greet(machine_stream(who.context.get_executor(), wire), pop3::connect_options(),
                              [&](std::error_code ec, pop3::reply<greeted> g) {
                                  if (ec || !g)
                                      o.error = ec;
                                  else
                                      (*std::move(g)).async_login(pop3::password("alice", "secret"), log_in);
                              });
        who.context.restart();
        who.context.run();
    }
    disk.on_end = nullptr;
    o.received = wire->received;
    o.sent = wire->sent;
    o.operations = disk.operations() - before;
    if (d.power_goes_after)
        disk.power_cut();
    disk.restart();
    machine.silent_quit = false;
    return o;
}

std::string unix_lines(std::string text)
{
    for (auto at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at))
        text.erase(at, 1);
    return text;
}

/// As the delivery keeps it.
std::string as_kept(delivers to, const std::string& octets)
{
    return to == delivers::files ? octets : unix_lines(octets);
}

/// A line of an mbox without one of its `>`s.
std::string unquoted(const std::string& octets)
{
    std::string out;
    for (std::size_t at = 0; at != octets.size();) {
        const auto end = (std::min)(octets.find('\n', at), octets.size() - 1) + 1;
        const auto from = octets.find_first_not_of('>', at);
        const bool is_quoted = from != at && octets.compare((std::min)(from, end), 5, "From ") == 0;
        out.append(octets, is_quoted ? at + 1 : at, end - (is_quoted ? at + 1 : at));
        at = end;
    }
    return out;
}

/// The messages in an mbox: a separator stands at the begin, or behind a blank line.
octets_list messages_in_mbox(std::string_view octets)
{
    octets_list all;
    while (octets.starts_with("From ")) {
        octets.remove_prefix((std::min)(octets.find('\n'), octets.size() - 1)); // a blank line may follow
        const auto end = octets.find("\n\nFrom ");
        auto one = std::string(octets.substr(0, end == octets.npos ? end : end + 1));
        if (end == octets.npos && one.ends_with("\n\n"))
            one.pop_back();
        all.push_back(unquoted(one.empty() ? one : one.substr(1)));
        octets.remove_prefix(end == octets.npos ? octets.size() : end + 2);
    }
    return all;
}

/// The messages in an inbox, among these files.
octets_list messages_in(delivers to, const std::string& inbox,
                        const std::map<std::string, std::string>& files)
{
    octets_list all;
    const auto folder = inbox + (to == delivers::maildir ? "/new" : "");
    for (const auto& [name, octets] : files)
        if (to == delivers::mbox && name == inbox)
            return messages_in_mbox(octets);
        else if (to != delivers::mbox && pop3::detail::directory_of(name) == folder)
            all.push_back(octets);
    return all;
}

class proof {
public:
    explicit proof(std::uint32_t seed) : seed_(seed)
    {
    }

    void prove(const scenario& s)
    {
        // How long is it when nothing happens?
        world calm_world(s, seed_);
        prepare(s, calm_world);
        calm_world.disk.keeps_log = true;
        const auto calm = run(alice_, s, s.policy, calm_world.machine, calm_world.disk, {}, start);
        const auto& log = calm_world.disk.log();

        if (s.two_processes)
            for (std::size_t n = 0; n != calm.operations; ++n) {
                disturbance d;
                d.other_at = n;
                try_it(s, d);
            }
        for (const auto what :
             {fault::error, fault::interrupted, fault::short_write, fault::kill, fault::power_cut})
            for (std::size_t n = 0; n <= calm.operations; ++n) {
                disturbance d;
                d.disk = what;
                d.operation = n;
                d.what = n == log.size() ? "none" : log[n];
                try_it(s, d);
                d.power_goes_after = true;
                try_it(s, d);
                if (what != fault::error)
                    continue;
                d.error = ENOSPC;
                try_it(s, d);
            }
        for (std::size_t n = 0; n <= calm.received; ++n) {
            disturbance d;
            d.cut_received = n;
            d.power_goes_after = n % 2 == 1;
            try_it(s, d);
        }
        for (std::size_t n = 0; n <= calm.sent; ++n) {
            disturbance d;
            d.cut_sent = n;
            try_it(s, d);
            d.power_goes_after = true;
            try_it(s, d);
        }
        disturbance d;
        d.silent_quit = true;
        try_it(s, d);
    }

    std::size_t cases() const
    {
        return cases_;
    }

    std::size_t failures() const
    {
        return failures_;
    }

private:
    static constexpr std::chrono::sys_seconds start{std::chrono::seconds(1'800'000'000)};

    /// What outlives a run.
    struct world {
        world(const scenario& s, std::uint32_t seed) : disk(seed)
        {
            machine.maildrop = s.maildrop;
            machine.ahead = s.ahead;
            // Of the store, which the user has made.
            std::error_code ec;
            disk.make_directory("state", ec);
            disk.sync_directory(".", ec);
        }

        pop3_machine machine;
        simulated_disk disk;
        std::set<std::string> marked; // unique-ids of messages of which the server has heard a DELE
        std::size_t recorded = 0;
    };

    void prepare(const scenario& s, world& w)
    {
        if (s.before == 0)
            return;
        w.machine.maildrop.resize(s.before);
        w.recorded = fetched(run(alice_, s, s.policy, w.machine, w.disk, {}, start - std::chrono::hours(1)));
        w.machine.maildrop.insert(w.machine.maildrop.end(),
                                  s.maildrop.begin() + static_cast<std::ptrdiff_t>(s.before),
                                  s.maildrop.end());
    }

    void try_it(const scenario& s, const disturbance& d)
    {
        ++cases_;
        world w(s, seed_ + static_cast<std::uint32_t>(cases_));
        prepare(s, w);
        w.machine.on_dele = [&](const pop3_machine::message& m) {
            w.marked.insert(m.unique_id);
            check_order(s, d, w, m);
        };
        world other({"", {{"b1", "Subject: bob\r\n\r\nHis.\r\n", 0, 0}}, s.policy}, 1);
        if (d.other_at)
            w.disk.on_operation = [&, left = *d.other_at](const std::string&, const std::string&) mutable {
                if (left-- == 0)
                    run_other(s, other, w.disk);
            };
        auto now = start;
        const auto disturbed = run(alice_, s, s.policy, w.machine, w.disk, d, now);
        w.disk.on_operation = nullptr;
        w.recorded += fetched(disturbed);
        if (disturbed.error.category() == std::generic_category() && !disturbed.report.outcome &&
            !w.marked.empty())
            complain(s, d, "something was marked for deletion although the disk had failed");
        remove_unreadable(s, w.disk);
        check(s, d, w, false);
        // And then nothing happens; a server that cannot pipeline is asked one by one, at last.
        const pop3::fetch_policy keeps = pop3::keep_on_server();
        for (int round = 0; round != 4; ++round) {
            now += std::chrono::hours(1);
            if (round == 1)
                w.machine.ahead = pop3_machine::pipelining::none;
            if (round == 2 && !s.later.empty())
                w.machine.maildrop = s.later;
            const auto o = run(alice_, s, s.then_keeps ? keeps : s.policy, w.machine, w.disk, {}, now);
            if (round >= 1 && (!o.done || o.error))
                complain(s, d, "the run after it ends with " + o.error.message());
            check(s, d, w, round == 3, round >= 2);
            // What one run has recorded no other fetches again: also a delivery that cannot tell copies would have it once.
            w.recorded += fetched(o);
            if (w.recorded > s.maildrop.size() + s.later.size())
                complain(s, d, "a message that was recorded was fetched again");
        }
        if (d.other_at) {
            run_other(s, other, w.disk);
            if (messages_in(s.to, bob_.inbox, w.disk.files_in(bob_.inbox + "/new")).size() != 1 ||
                other.recorded != 1)
                complain(s, d, "the other process has lost something");
        }
    }

    void run_other(const scenario& s, world& other, simulated_disk& disk)
    {
        other.recorded += fetched(run(bob_, s, pop3::keep_on_server(), other.machine, disk, {}, start));
    }

    static std::size_t fetched(const outcome& o)
    {
        return o.report.fetched + o.report.fetched_again;
    }

    static bool is_spoilt(const scenario& s, const disturbance& d)
    {
        return s.to == delivers::mbox && d.spoils_mbox();
    }

    /// Whether that is this message. Behind it there may be what a crash has left.
    static bool is(const scenario& s, const disturbance& d, const std::string& octets,
                   const std::string& message)
    {
        return is_spoilt(s, d) ? octets.starts_with(message) : octets == message;
    }

    /// What a power cut has left of the first batch of an mbox, if it does not begin like one: the user has to do it.
    static void remove_unreadable(const scenario& s, simulated_disk& disk)
    {
        if (s.to != delivers::mbox || !disk.octets("inbox") || disk.octets("inbox")->starts_with("From "))
            return;
        std::error_code ec;
        disk.remove("inbox", ec);
        disk.sync_directory(".", ec);
    }

    /// A DELE was heard of it. If the power goes now: the message is there, and known as one that is to be deleted.
    void check_order(const scenario& s, const disturbance& d, const world& w, const pop3_machine::message& m)
    {
        const auto left = w.disk.durable_files();
        const auto there = messages_in(s.to, alice_.inbox, left);
        const auto wanted = as_kept(s.to, m.octets);
        if (std::none_of(there.begin(), there.end(), [&](const auto& t) { return is(s, d, t, wanted); }))
            complain(s, d, "a message is marked for deletion that is not durable");
        simulated_disk copy;
        std::error_code ec;
        copy.make_directory("state", ec);
        if (const auto store = left.find("state/seen"); store != left.end())
            copy.put("state/seen", store->second);
        pop3::seen_file seen("state/seen", copy);
        const auto* const index = seen.open(alice_.account, ec);
        const auto slot = index == nullptr ? pop3::seen_index::no_slot : index->find({m.unique_id});
        if (slot == pop3::seen_index::no_slot || (*index)[slot].state != pop3::seen_state::deletion)
            complain(s, d, "a message is marked for deletion whose record is not durable");
    }

    void check(const scenario& s, const disturbance& d, const world& w, bool last, bool is_later = false)
    {
        const bool spoilt = is_spoilt(s, d);
        std::map<std::string, int> wanted;
        for (const auto& m : s.maildrop)
            ++wanted[as_kept(s.to, m.octets)];
        for (const auto& m : s.later)
            wanted[as_kept(s.to, m.octets)] += is_later;
        std::map<std::string, int> on_server;
        for (const auto& m : w.machine.maildrop)
            ++on_server[as_kept(s.to, m.octets)];
        std::map<std::string, int> there;
        const auto folder = s.to == delivers::maildir ? "inbox/new" : s.to == delivers::files ? "inbox" : ".";
        for (const auto& octets : messages_in(s.to, alice_.inbox, w.disk.files_in(folder))) {
            const auto found = std::find_if(wanted.begin(), wanted.end(),
                                            [&](const auto& m) { return is(s, d, octets, m.first); });
            if (found != wanted.end())
                ++there[found->first];
            else if (!spoilt)
                complain(s, d, "a file is no message");
        }
        for (const auto& [octets, count] : wanted) {
            if (there[octets] > count * (spoilt ? 2 : 1))
                complain(s, d, "a message is there twice");
            if (there[octets] + on_server[octets] < count)
                complain(s, d, "a message is lost");
            if (last && there[octets] < count)
                complain(s, d, "a message was not delivered");
            if (last && s.deletes && on_server[octets] != 0)
                complain(s, d, "a message was not deleted");
        }
        for (const auto& m : w.machine.maildrop)
            if (last && w.marked.contains(m.unique_id) && s.later.empty())
                complain(s, d, "a message that was marked for deletion was not deleted");
    }

    void complain(const scenario& s, const disturbance& d, const std::string& what)
    {
        if (++failures_ <= 20)
            std::cerr << s.name << ':' << d.describe() << ": " << what << '\n';
    }

    std::uint32_t seed_;
    std::size_t cases_ = 0;
    std::size_t failures_ = 0;
    user alice_{"alice@pop.example.org", "inbox"};
    user bob_{"bob@pop.example.org", "bobs"};
};

std::vector<scenario> scenarios()
{
    using message = pop3_machine::message;
    const message first{"a1", "Subject: one\r\n\r\nThe first.\r\n", 0, 0};
    const message second{"b/../2", "Subject: two\r\n\r\n.\r\n..dots\r\n", 0, 0};
    const message third{"\x80 c3", "Subject: three\r\n\r\nand more\r\n.\r\n", 0, 0};
    const message again{"a1", "Subject: one again\r\n\r\nAnother with its name.\r\n", 0, 0};
    const message second_again{"b/../2", "Subject: two\r\n\r\nOthers.\r\n", 0, 0};
    const message refused{"d4", "Subject: refused\r\n\r\nonce\r\n", 0, 1};
    const message wrong_size{"e5", "Subject: size\r\n\r\nwrong\r\n", 7, 0};

    struct drop {
        const char* name;
        std::vector<message> messages;
    };
    const std::vector<drop> drops{{"one", {first}},
                                  {"three", {first, second, third}},
                                  {"copies", {first, again, second}},
                                  {"troubles", {refused, wrong_size, first}}};
    const message from{"f6", "Subject: from\r\n\r\nFrom here\r\n\r\n>From there\r\n", 0, 0};
    struct choice {
        const char* name;
        pop3::fetch_policy policy;
        bool deletes;
    };
    const std::vector<choice> policies{{"keep", pop3::keep_on_server(), false},
                                       {"delete", pop3::delete_after_delivery(), true},
                                       {"age", pop3::delete_after(std::chrono::minutes(30)), true},
                                       {"newest", pop3::keep_newest(1), false}};
    using pipelining = pop3_machine::pipelining;
    std::vector<scenario> all;
    for (const auto& d : drops)
        for (const auto& p : policies)
            for (const auto ahead : {pipelining::none, pipelining::right, pipelining::inside})
                for (const std::size_t batch : {1u, 2u, 100u})
                    all.push_back({std::string(d.name) + ", " + p.name + ", " +
                                       std::to_string(static_cast<int>(ahead)) + ", batches of " +
                                       std::to_string(batch),
                                   d.messages, p.policy, ahead, batch, p.deletes});
    for (const auto& d : drops)
        for (const auto& p : policies)
            for (const auto ahead : {pipelining::right, pipelining::inside})
                for (const auto to : {delivers::files, delivers::mbox}) {
                    auto messages = d.messages;
                    messages.push_back(from);
                    if (p.policy.deletes() != pop3::fetch_policy::deletion::by_age)
                        all.push_back({std::string(d.name) + ", " + p.name + ", " +
                                           std::to_string(static_cast<int>(ahead)) +
                                           (to == delivers::files ? ", files" : ", mbox"),
                                       messages, p.policy, ahead, 2, p.deletes, to});
                }
    for (const auto& p : policies)
        all.push_back({std::string("reused unique-ids, ") + p.name,
                       {first, second},
                       p.policy,
                       pipelining::right,
                       2,
                       p.deletes,
                       delivers::maildir,
                       {second_again, again}});
    for (const auto& p : policies) {
        scenario s{p.name, {first, second, third}, p.policy, pipelining::right, 2, p.deletes};
        s.before = 2;
        s.compacts = true;
        s.name = std::string("compacted, ") + p.name;
        all.push_back(s);
        s.compacts = false;
        s.two_processes = true;
        s.name = std::string("two processes, ") + p.name;
        all.push_back(s);
        s.before = 0;
        all.push_back(s);
        s.two_processes = false;
        s.before = 1;
        s.then_keeps = true;
        s.deletes = false;
        s.name = std::string("then keeps, ") + p.name;
        all.push_back(s);
    }
    return all;
}

} // namespace

int main(int argc, char** argv)
{
    proof p(argc > 1 ? static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10)) : 1);
    for (const auto& s : scenarios())
        if (argc <= 2 || s.name.find(argv[2]) != s.name.npos)
            p.prove(s);
    std::cout << p.cases() << " cases, " << p.failures() << " failures\n";
    return p.failures() == 0 && p.cases() != 0 ? 0 : 1;
}
