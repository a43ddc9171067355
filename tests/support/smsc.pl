#!/usr/bin/perl
# smsc.pl: an SMS centre by Debian's Net::SMPP, for tests. It says what it hears as lines of JSON on stdout, takes commands as
# lines on stdin, and ends when stdin does.
#
#   smsc.pl PORT
#   next WHAT [COUNT]     the next COUNT submit_sm: throttle, full, refuse, error, silent, drop, or a status;
#                         longid, unended: it is taken, under an id longer than 64, or without its NUL
#   receipts HOW          tlv, text, ucs2, none, decimal (by text, the id in decimal); data-tlv, data-text, data-ucs2: by data_sm
#   early on|off          the receipt comes before the answer to its message
#   state WORD            of the receipts from now on: DELIVRD, UNDELIV, ...
#   deaf on|off           enquire_link gets no answer
#   bind N                the next binds are answered with status N
#   raw HEX               to every connection
#   unbind, enquire       to every connection
#   write ID              a receipt for a message, again
#   forget                what "next" has left
#   hangup [ROLE]         closes every connection, or those bound as transmitter, receiver or transceiver
use strict;
use warnings;
use IO::Select;
use JSON::PP;
use Net::SMPP;

$| = 1;
# A connection that ends is an event, no warning.
$SIG{__WARN__} = sub { print STDERR $_[0] unless $_[0] =~ /premature eof/ };
my $json = JSON::PP->new->canonical;
my $listener = Net::SMPP->new_listen('127.0.0.1', port => $ARGV[0], smpp_version => 0x34) or die "listen: $!";
my $select = IO::Select->new($listener, \*STDIN);
my (%connections, %role, @next, %state);
%state = (receipts => 'none', word => 'DELIVRD', early => 0, deaf => 0, bind => 0, id => 0xab00);
my %bound_as = (Net::SMPP::CMD_bind_transceiver, 'transceiver', Net::SMPP::CMD_bind_transmitter, 'transmitter', Net::SMPP::CMD_bind_receiver, 'receiver');
my %status_of = (throttle => 0x58, full => 0x14, refuse => 0x0b, error => 0x08);
my %number_of = (ENROUTE => 1, DELIVRD => 2, EXPIRED => 3, DELETED => 4, UNDELIV => 5, ACCEPTD => 6, UNKNOWN => 7, REJECTD => 8);

sub say_ { print $json->encode({ @_ }), "\n"; }

sub hang_up {
	my $c = shift;
	my $role = delete $role{fileno $c};
	$select->remove($c);
	delete $connections{fileno $c};
	close $c;
	say_(event => 'closed', role => $role);
}

sub receipt {
	my ($c, $id) = @_;
	# Where there is a receiver, it has them.
	my ($receiver) = grep { $role{fileno $_} eq 'receiver' } values %connections;
	$c = $receiver // $c;
	return say_(event => 'receipt_nowhere', id => $id) if $role{fileno $c} eq 'transmitter';
	my $shown = $state{receipts} eq 'decimal' ? hex $id : $id;
	my $text = "id:$shown sub:001 dlvrd:001 submit date:2611251200 done date:2611251201 stat:$state{word} err:027 text:hello";
	my $data = $state{receipts} =~ /^data-/;
	my $ucs2 = $state{receipts} =~ /ucs2$/;
	my @what = $state{receipts} =~ /tlv$/
		? (receipted_message_id => "$id\0", message_state => pack('C', $number_of{$state{word}}))
		: ($data ? 'message_payload' : 'short_message', $ucs2 ? pack('n*', unpack('C*', $text)) : $text);
	my $send = $data ? 'data_sm' : 'deliver_sm';
	my $sequence = $c->$send(async => 1, source_addr => '01012345678', destination_addr => '15881234', esm_class => 0x04,
		data_coding => $ucs2 ? 8 : 0, @what);
	say_(event => 'receipt_sent', id => $id, seq => $sequence, role => $role{fileno $c});
}

sub submit {
	my ($c, $p) = @_;
	my $how = shift @next // 'take';
	my $id = sprintf '%x', $state{id}++;
	say_(event => 'submit', how => $how, role => $role{fileno $c}, id => $id, from => $p->{source_addr}, to => $p->{destination_addr},
		esm_class => $p->{esm_class}, data_coding => $p->{data_coding}, registered => $p->{registered_delivery},
		text => unpack('H*', $p->{short_message} // ''), payload => unpack('H*', $p->{message_payload} // ''),
		ton => $p->{dest_addr_ton}, npi => $p->{dest_addr_npi});
	return if $how eq 'silent';
	return hang_up($c) if $how eq 'drop';
	return $c->submit_sm_resp(seq => $p->{seq}, message_id => 'a' x 80) if $how eq 'longid';
	return syswrite $c, pack('N4a4', 20, 0x80000004, 0, $p->{seq}, 'ab12') if $how eq 'unended';
	my $status = $how eq 'take' ? 0 : $status_of{$how} // $how + 0;
	my @receipt = $status == 0 && $state{receipts} ne 'none' && $p->{registered_delivery} ? ($id) : ();
	receipt($c, $_) for $state{early} ? @receipt : ();
	$c->submit_sm_resp(seq => $p->{seq}, status => $status, message_id => $status ? '' : uc $id);
	receipt($c, $_) for $state{early} ? () : @receipt;
}

sub hear {
	my $c = shift;
	my $p = $c->read_pdu or return hang_up($c);
	if ($p->{cmd} == Net::SMPP::CMD_submit_sm) {
		submit($c, $p);
	} elsif ($bound_as{$p->{cmd}}) {
		$role{fileno $c} = $bound_as{$p->{cmd}};
		say_(event => 'bind', role => $role{fileno $c}, system_id => $p->{system_id}, password => $p->{password}, system_type => $p->{system_type},
			version => $p->{interface_version});
		my $answer = "bind_$role{fileno $c}_resp";
		$c->$answer(seq => $p->{seq}, status => $state{bind}, system_id => 'smsc');
	} elsif ($p->{cmd} == Net::SMPP::CMD_enquire_link) {
		say_(event => 'enquire_link', role => $role{fileno $c});
		$c->enquire_link_resp(seq => $p->{seq}) unless $state{deaf};
	} elsif ($p->{cmd} == Net::SMPP::CMD_unbind) {
		say_(event => 'unbind');
		$c->unbind_resp(seq => $p->{seq});
		hang_up($c);
	} else {
		say_(event => 'answer', role => $role{fileno $c}, cmd => $p->{cmd} & 0x7fffffff, seq => $p->{seq}, status => $p->{status});
	}
}

sub obey {
	my ($word, $what, $count) = split ' ', shift;
	if ($word eq 'next') { push @next, ($what) x ($count // 1); }
	elsif ($word eq 'forget') { @next = (); }
	elsif ($word eq 'receipts') { $state{receipts} = $what; }
	elsif ($word eq 'state') { $state{word} = $what; }
	elsif ($word eq 'early') { $state{early} = $what eq 'on'; }
	elsif ($word eq 'deaf') { $state{deaf} = $what eq 'on'; }
	elsif ($word eq 'bind') { $state{bind} = $what; }
	elsif ($word eq 'raw') { syswrite $_, pack('H*', $what) for values %connections; }
	elsif ($word eq 'unbind') { $_->unbind(async => 1) for values %connections; }
	elsif ($word eq 'enquire') { $_->enquire_link(async => 1) for values %connections; }
	elsif ($word eq 'write') { receipt((values %connections)[0], $what); }
	elsif ($word eq 'hangup') { hang_up($_) for grep { !$what || $role{fileno $_} eq $what } values %connections; }
	else { die "unknown command $word"; }
	say_(event => 'done', word => $word);
}

say_(event => 'listening');
my $commands = '';
while (1) {
	for my $h ($select->can_read) {
		if ($h == $listener) {
			my $c = $listener->accept or next;
			$connections{fileno $c} = $c;
			$role{fileno $c} = '';
			$select->add($c);
		} elsif ($h == \*STDIN) {
			sysread(STDIN, $commands, 4096, length $commands) or exit 0;
			obey($1) while $commands =~ s/^(.*)\n//;
		} elsif (defined fileno $h) {
			hear($h);
		}
	}
}
