// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace pop3 {

/// The file operations that fetching mail needs, each one call of the system: what is asked for may be done in part, and may be
/// interrupted. It is the one way from `mailbox/` to a disk, so that a simulated one can stand in for it, in tests.
///
/// A path is octets, as the system takes it. Errors are of `std::generic_category`. It may be used by several threads at a
/// time; an open file by one.
class file_system {
public:
    /// What a file is opened for.
    enum class access {
        read,   ///< Reads a file that is there.
        append, ///< Writes at the end of a file; makes it if need be. May be read, too.
        create, ///< Writes a new file: `file_exists` if there is one.
        lock,   ///< Locks a file; makes it if need be.
    };

    /// An open file. The destructor closes it, and lets go of its lock.
    class file {
    public:
        file() = default;
        file(const file&) = delete;
        file& operator=(const file&) = delete;
        virtual ~file() = default;

        /// Reads some of what is behind `offset`. 0 is the end.
        virtual std::size_t read(std::uint64_t offset, std::span<char> into, std::error_code& ec) = 0;

        /// Writes some of it, or all.
        virtual std::size_t write(std::span<const char> octets, std::error_code& ec) = 0;

        /// More need not be written before it is synced: the disk may begin with it. It is no more than advice.
        virtual void start_sync()
        {
        }

        /// What was written is on the disk when it returns without an error; the name of a new file need not be
        /// (`sync_directory`). After an error nothing is known of what was written since the last one.
        virtual void sync(std::error_code& ec) = 0;

        /// How many octets it has.
        virtual std::uint64_t size(std::error_code& ec) = 0;

        /// Cuts it to `size` octets.
        virtual void truncate(std::uint64_t size, std::error_code& ec) = 0;

        /// Locks it for this object alone, against other processes too, without waiting. False if another one has it.
        virtual bool lock(std::error_code& ec) = 0;
    };

    file_system() = default;
    file_system(const file_system&) = delete;
    file_system& operator=(const file_system&) = delete;
    virtual ~file_system() = default;

    /// Null after an error.
    virtual std::unique_ptr<file> open(const std::string& path, access how, std::error_code& ec) = 0;

    /// Makes a directory. No error if it is there.
    virtual void make_directory(const std::string& path, std::error_code& ec) = 0;

    /// Replaces `to`.
    virtual void rename(const std::string& from, const std::string& to, std::error_code& ec) = 0;

    /// Replaces nothing: `file_exists` if there is a file of that name; `operation_not_supported` where the system has no such
    /// call.
    POP3_DECL virtual void rename_new(const std::string& from, const std::string& to, std::error_code& ec);

    /// Gives a file a second name: `file_exists` if there is a file of that name; `operation_not_supported` or
    /// `operation_not_permitted` where files have one name.
    virtual void link(const std::string& from, const std::string& to, std::error_code& ec) = 0;

    /// Takes a name away. What is open under it stays so.
    virtual void remove(const std::string& path, std::error_code& ec) = 0;

    /// The names in a directory are on the disk when it returns without an error.
    virtual void sync_directory(const std::string& path, std::error_code& ec) = 0;

    /// The names in a directory, in no order, without `.` and `..`.
    virtual std::vector<std::string> list(const std::string& path, std::error_code& ec) = 0;

    /// The size of a file, in octets; nothing if there is no such file, which is no error.
    virtual std::optional<std::uint64_t> size_of(const std::string& path, std::error_code& ec) = 0;
};

/// The machine's own. What it makes, others than the user cannot read.
file_system& system_files();

namespace detail {

/// Writes all of it. After an error some of it may be written.
void write_all(file_system::file& to, std::string_view octets, std::error_code& ec);

/// The same as `read`, as often as it is interrupted.
std::size_t read_some(file_system::file& from, std::uint64_t offset, std::span<char> into,
                      std::error_code& ec);

/// Fills `into`, but for what is behind the end.
std::size_t read_full(file_system::file& from, std::uint64_t offset, std::span<char> into,
                      std::error_code& ec);

/// Calls until the call is not interrupted.
template <class Call>
auto until_done(std::error_code& ec, const Call& call)
{
    if constexpr (std::is_void_v<decltype(call())>) {
        do
            call();
        while (ec == std::errc::interrupted);
    } else {
        auto result = call();
        while (ec == std::errc::interrupted)
            result = call();
        return result;
    }
}

/// The same as the members of that name, as often as they are interrupted.
void sync(file_system::file& f, std::error_code& ec);
void truncate(file_system::file& f, std::uint64_t size, std::error_code& ec);
bool lock(file_system::file& f, std::error_code& ec);
std::unique_ptr<file_system::file> open(file_system& files, const std::string& path, file_system::access how,
                                        std::error_code& ec);
void make_directory(file_system& files, const std::string& path, std::error_code& ec);
void remove(file_system& files, const std::string& path, std::error_code& ec);
void sync_directory(file_system& files, const std::string& path, std::error_code& ec);
std::vector<std::string> list(file_system& files, const std::string& path, std::error_code& ec);
std::optional<std::uint64_t> size_of(file_system& files, const std::string& path, std::error_code& ec);

/// The same as `rename_new`, by other calls where there is none. Where a file can have one name only, and the system has no
/// such call, another process may bring a file of that name in the moment between two calls.
void rename_new(file_system& files, const std::string& from, const std::string& to, std::error_code& ec);

/// A path without the slashes at its end.
std::string without_slash(std::string path);

/// The directory that a path names something in; "." if it names none.
std::string directory_of(std::string_view path);

} // namespace detail

} // namespace pop3

#if !defined(POP3_SEPARATE_COMPILATION)
#include <pop3/mailbox/file_system.ipp>
#endif
