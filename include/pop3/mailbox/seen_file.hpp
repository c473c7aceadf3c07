// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_system.hpp>
#include <pop3/mailbox/seen_index.hpp>
#include <pop3/mailbox/seen_record.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace pop3 {

/// A seen store in a file, for one account or many: a log of lines of text, to which is only ever appended.
///
///     pop3::seen_file seen("state/mrose.seen");
///
/// - It is opened by the first fetch, and made then if need be. The directory must be there.
/// - One process has it at a time: `fetch_errc::store_locked`. The lock is on a file beside it, `….lock`, which stays.
/// - A record is on the disk before it counts.
/// - A line at the end that was cut, by a crash say, is dropped: it did not count. Of a file with damage before its end what can be
///   read is used; the file as it was is kept as `….damaged-<time>`, and `salvaged()` names it.
/// - What is no seen store, or of a newer version, is not touched: `fetch_errc::not_a_store`, `store_too_new`.
/// - It is written anew, without what no longer counts, when that is most of it.
///
/// After an error of `append` nobody knows what is on the disk: each one after it fails, with `fetch_errc::store_failed`.
///
/// Threads: fetches of different accounts may use it at a time.
class seen_file {
public:
    /// path: as the system takes it. files: must live as long as this.
    explicit seen_file(std::string path, file_system& files = system_files());

    seen_file(const seen_file&) = delete;
    seen_file& operator=(const seen_file&) = delete;
    ~seen_file();

    /// What is known of an account (see `seen_store`).
    seen_index* open(std::string_view account, std::error_code& ec);

    /// Makes records durable: one write and one sync, however many they are. `std::errc::invalid_argument`, and nothing is written,
    /// if one of them could not be read back: no account or unique-id, one of more than 65535 octets, a year of five digits.
    void append(std::span<const seen_record> records, std::error_code& ec);

    /// Writes the file anew, without what no longer counts.
    void compact(std::error_code& ec);

    /// Where the file is kept as it was when it was found damaged; empty if it was not.
    const std::string& salvaged() const noexcept
    {
        return salvaged_;
    }

private:
    class loader;

    /// How long a file is.
    struct extent {
        std::uint64_t octets = 0;
        std::size_t lines = 0;
    };

    void open_file(std::error_code& ec);
    void load(std::error_code& ec);
    bool is_worth_compacting() const;
    extent write_copy(std::error_code& ec);
    extent write_all_to(file_system::file& to, std::error_code& ec);
    void replace(extent copy, std::error_code& ec);
    void keep_damaged(std::error_code& ec);
    void copy_damaged(const std::string& name, std::error_code& ec);
    seen_index& index_of(std::string_view account);
    void apply(const seen_record& record);

    std::string path_;
    file_system& files_;
    std::mutex mutex_;
    std::map<std::string, std::unique_ptr<seen_index>, std::less<>> accounts_;
    std::unique_ptr<file_system::file> lock_;
    std::unique_ptr<file_system::file> file_;
    std::string salvaged_;
    extent extent_;
    bool failed_ = false;
};

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/seen_file.ipp>
#endif
