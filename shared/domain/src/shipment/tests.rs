use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::id::Id;
use crate::order::{Order, OrderStatus, PaidSample};
use crate::refund::RefundLine;

fn at() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn order(quantities: &[u32]) -> Order {
    let lines: Vec<_> = quantities.iter().map(|quantity| (100, 0, *quantity)).collect();
    PaidSample { order: Id::from_parts(at(), 1), seller: Id::from_parts(at(), 2), lines: &lines, shipping: 0 }.order()
}

fn step(status: ShipmentStatus) -> ShipmentStep {
    ShipmentStep { status, place: None, note: None, actor: Actor::Anonymous, at: at() }
}

fn shipment(order: &Order, number: u128, lines: Vec<ShipmentLine>) -> Shipment {
    Shipment {
        id: Id::from_parts(at(), number),
        order: order.id,
        payment: None,
        user: order.user,
        seller: order.seller,
        carrier: Id::from_parts(at(), 1),
        carrier_name: "Blue Crane".to_owned(),
        service: "EXPRESS".parse().unwrap(),
        service_name: "Express".to_owned(),
        tracking_number: format!("CRANE-{number:04}").parse().unwrap(),
        tracking_url: "https://crane.example/".to_owned(),
        lines,
        status: ShipmentStatus::Pending,
        history: vec![step(ShipmentStatus::Pending)],
        created_at: at(),
        updated_at: at(),
        version: 1,
    }
}

fn pieces(list: &[(u32, u32)]) -> Vec<ShipmentLine> {
    list.iter().map(|(line, quantity)| ShipmentLine { line: *line, quantity: *quantity }).collect()
}

/// Sends pieces, hands them over and moves the order along.
fn send(order: &mut Order, fulfilment: Fulfilment, number: u128, lines: &[(u32, u32)]) -> Fulfilment {
    let lines = fulfilment.choose(order, &[], Some(&pieces(lines))).unwrap();
    let parcel = shipment(order, number, lines);
    let fulfilment = fulfilment.with(&parcel);
    order.status = fulfilment.status_of(order, &[]);
    let fulfilment = fulfilment.moved(parcel.id, ShipmentStatus::Shipped);
    order.status = fulfilment.status_of(order, &[]);
    fulfilment
}

#[test]
fn an_order_is_sent_when_nothing_is_left_and_delivered_when_all_has_arrived() {
    let mut order = order(&[2, 1]);
    let nothing = Fulfilment::open(order.id);
    let fulfilment = send(&mut order, nothing, 1, &[(0, 1)]);
    assert_eq!(order.status, OrderStatus::Processing);
    let fulfilment = fulfilment.moved(Id::from_parts(at(), 1), ShipmentStatus::Delivered);
    assert_eq!(fulfilment.status_of(&order, &[]), OrderStatus::Processing);
    let fulfilment = send(&mut order, fulfilment, 2, &[(0, 1), (1, 1)]);
    assert_eq!(order.status, OrderStatus::Shipped);
    assert_eq!(fulfilment.choose(&order, &[], None), Err(ShipmentError::Nothing));
    let fulfilment = fulfilment.moved(Id::from_parts(at(), 2), ShipmentStatus::Delivered);
    assert_eq!(fulfilment.status_of(&order, &[]), OrderStatus::Delivered);
}

#[test]
fn what_is_given_back_is_not_sent_and_not_waited_for() {
    let mut order = order(&[2]);
    let back = [RefundLine { line: 0, quantity: 1 }];
    let fulfilment = Fulfilment::open(order.id);
    let refused = fulfilment.choose(&order, &back, Some(&pieces(&[(0, 2)])));
    assert_eq!(refused, Err(ShipmentError::TooManyPieces { line: 0, left: 1 }));
    assert_eq!(fulfilment.choose(&order, &back, None), Ok(pieces(&[(0, 1)])));
    let parcel = shipment(&order, 1, pieces(&[(0, 2)]));
    let announced = fulfilment.clone().with(&parcel);
    let handed_over = announced.moved(parcel.id, ShipmentStatus::Shipped);
    assert_eq!(handed_over.check(parcel.id, &order, &[]), Ok(()));
    let refused = handed_over.check(parcel.id, &order, &back);
    assert_eq!(refused, Err(ShipmentError::TooManyPieces { line: 0, left: 1 }));
    let fulfilment = send(&mut order, fulfilment, 1, &[(0, 1)]);
    let arrived = fulfilment.moved(Id::from_parts(at(), 1), ShipmentStatus::Delivered);
    assert_eq!((order.status, arrived.status_of(&order, &[])), (OrderStatus::Processing, OrderStatus::Processing));
    assert_eq!(arrived.status_of(&order, &back), OrderStatus::Delivered);
}

#[test]
fn what_is_only_downloaded_is_never_sent() {
    let mut order = order(&[1, 1]);
    order.lines[1].is_digital = true;
    let fulfilment = Fulfilment::open(order.id);
    assert_eq!(fulfilment.choose(&order, &[], None), Ok(pieces(&[(0, 1)])));
    let refused = fulfilment.choose(&order, &[], Some(&pieces(&[(1, 1)])));
    assert_eq!(refused, Err(ShipmentError::UnknownLine(1)));
    send(&mut order, fulfilment, 1, &[(0, 1)]);
    assert_eq!(order.status, OrderStatus::Shipped);
}

#[test]
fn lines_that_make_no_sense_are_refused() {
    let order = order(&[2]);
    let choose = |list: &[(u32, u32)]| Fulfilment::open(order.id).choose(&order, &[], Some(&pieces(list)));
    assert_eq!(choose(&[(1, 1)]), Err(ShipmentError::UnknownLine(1)));
    assert_eq!(choose(&[(0, 1), (0, 1)]), Err(ShipmentError::UnknownLine(0)));
    assert_eq!(choose(&[(0, u32::MAX)]), Err(ShipmentError::TooManyPieces { line: 0, left: 2 }));
    assert_eq!(choose(&[(0, 0)]), Err(ShipmentError::Nothing));
    assert_eq!(choose(&[]), Err(ShipmentError::Nothing));
}

#[test]
fn an_order_has_so_many_parcels_and_no_more() {
    let order = order(&[100]);
    let mut fulfilment = Fulfilment::open(order.id);
    for number in 1..=MAX_PARTS as u128 {
        let lines = fulfilment.choose(&order, &[], Some(&pieces(&[(0, 1)]))).unwrap();
        fulfilment = fulfilment.with(&shipment(&order, number, lines));
    }
    assert_eq!(fulfilment.choose(&order, &[], None), Err(ShipmentError::TooManyParts));
}

#[test]
fn a_seller_hands_over_or_calls_off_and_nothing_more() {
    for from in ShipmentStatus::ALL {
        for next in from.successors() {
            assert_eq!(from.is_sellers_step(*next), *from == ShipmentStatus::Pending, "{from:?} → {next:?}");
        }
    }
}

#[test]
fn a_parcel_has_an_end_to_its_steps() {
    let mut parcel = shipment(&order(&[1]), 1, pieces(&[(0, 1)])).moved(step(ShipmentStatus::Shipped)).unwrap();
    while parcel.history.len() < MAX_STEPS {
        parcel = parcel.moved(step(ShipmentStatus::InTransit)).unwrap();
    }
    assert_eq!(parcel.moved(step(ShipmentStatus::Delivered)), Err(Stuck::TooManySteps));
}

/// What somebody tries: to announce a parcel, to move one, to give pieces back.
#[derive(Debug, Clone)]
enum Try {
    Announce(Vec<(u32, u32)>),
    AnnounceRest,
    Move(Index, ShipmentStatus),
    GiveBack(u32, u32),
}

fn tries() -> impl Strategy<Value = Try> {
    let lines = vec((0u32..3, 0u32..4), 1..3);
    let status = select(ShipmentStatus::ALL.to_vec());
    prop_oneof![
        2 => lines.prop_map(Try::Announce),
        1 => Just(Try::AnnounceRest),
        6 => (any::<Index>(), status).prop_map(|(place, status)| Try::Move(place, status)),
        1 => (0u32..3, 1u32..3).prop_map(|(line, quantity)| Try::GiveBack(line, quantity)),
    ]
}

proptest! {
    #[test]
    fn a_parcel_goes_only_along_its_table_and_ends_when_it_is_back(
        steps in vec(select(ShipmentStatus::ALL.to_vec()), 0..40),
    ) {
        let mut parcel = shipment(&order(&[1]), 1, pieces(&[(0, 1)]));
        for next in steps {
            let before = parcel.clone();
            match parcel.clone().moved(step(next)) {
                Ok(after) => {
                    prop_assert!(before.status.successors().contains(&next) && before.status.is_live());
                    // Nothing is on its way that was never handed over.
                    prop_assert!(!next.has_left() || before.status.has_left() || next == ShipmentStatus::Shipped);
                    prop_assert_eq!((after.version, after.history.len()), (before.version + 1, before.history.len() + 1));
                    parcel = after;
                }
                Err(_) => prop_assert!(!before.status.successors().contains(&next)),
            }
        }
    }

    #[test]
    fn nothing_is_sent_twice_or_sent_though_given_back_and_an_order_never_goes_back(
        quantities in vec(1u32..4, 1..3), tries in vec(tries(), 0..60),
    ) {
        let mut order = order(&quantities);
        let (mut fulfilment, mut parcels) = (Fulfilment::open(order.id), Vec::<Shipment>::new());
        let mut back: Vec<RefundLine> = Vec::new();
        let rank = |status: OrderStatus| match status {
            OrderStatus::Processing => 1,
            OrderStatus::Shipped => 2,
            OrderStatus::Delivered => 3,
            _ => 0,
        };
        for next in tries {
            let wanted = match &next {
                Try::Announce(lines) => Some(pieces(lines)),
                _ => None,
            };
            match next {
                Try::Announce(_) | Try::AnnounceRest => {
                    let Ok(lines) = fulfilment.choose(&order, &back, wanted.as_deref()) else { continue };
                    let parcel = shipment(&order, parcels.len() as u128 + 1, lines);
                    fulfilment = fulfilment.with(&parcel);
                    let handed_over = fulfilment.clone().moved(parcel.id, ShipmentStatus::Shipped);
                    prop_assert!(handed_over.check(parcel.id, &order, &back).is_ok());
                    parcels.push(parcel);
                }
                Try::Move(place, status) if !parcels.is_empty() => {
                    let parcel = place.get(&parcels).clone();
                    let Ok(after) = parcel.clone().moved(step(status)) else { continue };
                    let moved = fulfilment.clone().moved(after.id, status);
                    if status == ShipmentStatus::Shipped && moved.check(after.id, &order, &back).is_err() {
                        continue;
                    }
                    if status == ShipmentStatus::Shipped {
                        // What leaves was ordered and not given back.
                        for line in &after.lines {
                            let of_line = |known: &&ShipmentLine| known.line == line.line;
                            let left = moved.parts.iter().filter(|part| part.status.has_left());
                            let sent: u32 = left.flat_map(|part| &part.lines).filter(of_line).map(|l| l.quantity).sum();
                            let gone: u32 = back.iter().filter(|l| l.line == line.line).map(|l| l.quantity).sum();
                            prop_assert!(sent + gone <= quantities[usize::try_from(line.line).unwrap()]);
                        }
                    }
                    let place = parcels.iter().position(|known| known.id == after.id).unwrap();
                    parcels[place] = after;
                    fulfilment = moved;
                }
                Try::Move(..) => continue,
                Try::GiveBack(line, quantity) => {
                    let gone: u32 = back.iter().filter(|l| l.line == line).map(|l| l.quantity).sum();
                    let ordered = quantities.get(usize::try_from(line).unwrap()).copied().unwrap_or(0);
                    if gone + quantity <= ordered {
                        back.push(RefundLine { line, quantity });
                    }
                    continue;
                }
            }
            let live = parcels.iter().filter(|parcel| parcel.status.is_live()).count();
            prop_assert_eq!(usize::try_from(fulfilment.live).unwrap(), live);
            for (part, parcel) in fulfilment.parts.iter().zip(&parcels) {
                prop_assert_eq!((part.shipment, part.status), (parcel.id, parcel.status));
            }
            let after = fulfilment.status_of(&order, &back);
            prop_assert!(rank(after) >= rank(order.status), "{:?} → {after:?}", order.status);
            if after == OrderStatus::Delivered && order.status != after {
                let arrived = |parcel: &&Shipment| parcel.status.is_live();
                prop_assert!(parcels.iter().filter(arrived).all(|parcel| parcel.status == ShipmentStatus::Delivered));
            }
            order.status = after;
        }
    }
}
