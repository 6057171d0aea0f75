//! `haat reconcile`: compares a day's payments with what their providers say now.
//!
//! The janitor does the same each night and leaves a report; this changes and leaves nothing.

use domain::calendar::Day;
use domain::money::Money;
use domain::reconciliation::Difference;
use janitor::comparison::Comparison;
use payments::Gateways;
use store::reconciliations::Place;

use crate::Failure;
use crate::operator::Operator;
use crate::settings::Settings;

/// Compares, and prints what differs.
///
/// # Errors
/// When there is no such tenant, or table or vault are out of reach.
pub async fn run(settings: &Settings, tenant: &str, day: Option<Day>) -> Result<(), Failure> {
    let operator = Operator::open(settings).await?;
    let tenant = operator.tenant(tenant).await?;
    let day = day.unwrap_or_else(|| Day::of(operator.ambient.now()).before());
    let gateways = Gateways::at(|name| settings.optional(name), &operator.ambient);
    let comparison = Comparison::new(operator.store.clone(), operator.vault.clone(), gateways);
    let (mut from, mut compared, mut listed, mut differences) = (Some(Place::Payments(None)), 0u32, 0u32, Vec::new());
    while let Some(place) = from {
        let page = comparison.page(&tenant, day, place, true).await?;
        let page = page.ok_or("a provider did not answer; run the command again")?;
        compared = compared.saturating_add(page.payments);
        listed = listed.saturating_add(page.listed);
        eprintln!("{compared} payments compared, {listed} listed by providers");
        if let Some(provider) = page.without_list {
            println!(
                "{provider} has no list of a day's payments: money that only {provider} knows of does not show here."
            );
        }
        differences.extend(page.differences);
        from = page.next;
    }
    if !differences.is_empty() {
        print!("{}", table(&differences));
    }
    println!("{compared} payments moved last on {day} (UTC); providers list {listed} that took money.");
    match differences.len() {
        0 => println!("Nothing differs."),
        found => println!("Differences: {found}. What to do: infra/runbooks/reconciliation-differences.md"),
    }
    Ok(())
}

/// Writes differences down, one in a line.
fn table(differences: &[Difference]) -> String {
    let money = |amount: Option<Money>| amount.map_or_else(|| "-".to_owned(), |amount| amount.to_string());
    let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let row = |cells: [&str; 8]| {
        let [kind, payment, provider, reference, charge, status, here, there] = cells;
        format!(
            "{kind:13}  {payment:30}  {provider:8}  {reference:30}  {charge:27}  {status:18}  {here:>16}  {there:>16}\n"
        )
    };
    let head =
        row(["DIFFERENCE", "PAYMENT", "PROVIDER", "ORDER THERE", "CHARGE THERE", "STATUS THERE", "HERE", "THERE"]);
    let line = |found: &Difference| {
        let payment = found.payment.map(|payment| payment.to_string());
        let (here, there) = (money(found.here), money(found.there));
        row([
            found.kind.as_str(),
            &text(payment.as_deref()),
            &found.provider,
            &text(found.reference.as_deref()),
            &text(found.charge.as_deref()),
            &text(found.status.as_deref()),
            &here,
            &there,
        ])
    };
    differences.iter().map(line).fold(head, |table, line| table + &line)
}

#[cfg(test)]
mod tests {
    use domain::money::Currency;
    use domain::reconciliation::DifferenceKind;

    use super::*;

    #[test]
    fn each_difference_is_one_line_and_columns_stand_below_each_other() {
        let difference = |kind, here: Option<i64>| Difference {
            kind,
            payment: here.map(|_| "pay_01JQZX3N9Q5S0V6T7W8Y9Z0ABC".parse().unwrap()),
            provider: "razorpay".to_owned(),
            reference: Some("order_IEIaMR65cu6nz3".to_owned()),
            charge: None,
            status: here.is_none().then(|| "captured".to_owned()),
            here: here.map(|amount| Money::new(amount, Currency::Inr)),
            there: None,
        };
        let table =
            table(&[difference(DifferenceKind::NotThere, Some(129_000)), difference(DifferenceKind::Unknown, None)]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()), "{table}");
        assert!(lines[1].starts_with("NOT_THERE") && lines[1].contains("order_IEIaMR65cu6nz3"));
        assert!(lines[2].starts_with("UNKNOWN        -  ") && lines[2].contains("captured"), "{table}");
    }
}
