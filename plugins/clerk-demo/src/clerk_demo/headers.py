"""The sheets of NetFile's yearly Excel export and their columns, as in the real workbooks."""

from __future__ import annotations

_COVER = "Filer_ID Filer_NamL Report_Num Committee_Type Rpt_Date From_Date Thru_Date Elect_Date"
_OFFICE = " tblCover_Office_Cd tblCover_Offic_Dscr Rec_Type Form_Type"
_CANDIDATE = " Cand_NamL Cand_NamF Cand_NamT Cand_NamS"
_BALLOT = " Juris_Cd Juris_Dscr Dist_No Off_S_H_Cd Bal_Name Bal_Num Bal_Juris"
_PAYEE = """
    Tran_ID Entity_Cd Payee_NamL Payee_NamF Payee_NamT Payee_NamS Payee_Adr1 Payee_Adr2 Payee_City Payee_State
    Payee_Zip4
"""
_TREASURER = " Cmte_ID Tres_NamL Tres_NamF Tres_NamT Tres_NamS Tres_Adr1 Tres_Adr2 Tres_City Tres_ST Tres_ZIP4"
_CONTRIBUTION = f"""
    {_COVER} {_OFFICE}
    Tran_ID Entity_Cd Tran_NamL Tran_NamF Tran_NamT Tran_NamS Tran_Adr1 Tran_Adr2 Tran_City Tran_State Tran_Zip4
    Tran_Emp Tran_Occ Tran_Self Tran_Type Tran_Date Tran_Date1 Tran_Amt1 Tran_Amt2 Tran_Dscr
    Cmte_ID Tres_NamL Tres_NamF Tres_NamT Tres_NamS Tres_Adr1 Tres_Adr2 Tres_City Tres_State Tres_Zip
    Intr_NamL Intr_NamF Intr_NamT Intr_NamS Intr_Adr1 Intr_Adr2 Intr_City Intr_State Intr_Zip4 Intr_Emp Intr_Occ
    Intr_Self {_CANDIDATE} tblDetlTran_Office_Cd tblDetlTran_Offic_Dscr {_BALLOT}
    Sup_Opp_Cd Memo_Code Memo_RefNo BakRef_TID XRef_SchNm XRef_Match Loan_Rate Int_CmteId
"""
_EXPENDITURE = f"""
    {_COVER} {_OFFICE} {_PAYEE}
    Expn_Date Amount Cum_YTD Expn_ChkNo Expn_Code Expn_Dscr Agent_NamL Agent_NamF Agent_NamT Agent_NamS
    {_TREASURER} {_CANDIDATE} Office_Cd Offic_Dscr {_BALLOT}
    Sup_Opp_Cd Memo_Code Memo_RefNo BakRef_TID G_From_E_F XRef_SchNm XRef_Match
"""
_MAJOR_DONOR = f"""
    {_EXPENDITURE} EmplBus_CB Bus_Name Bus_Adr1 Bus_Adr2 Bus_City Bus_ST Bus_ZIP4 Bus_Inter BusAct_CB BusActvity
    Assoc_CB Assoc_Int Other_CB Other_Int
"""
_DEBT = f"""
    {_COVER} {_OFFICE} {_PAYEE} Beg_Bal Amt_Incur Amt_Paid End_Bal Expn_Code Expn_Dscr {_TREASURER}
    Memo_Code Memo_RefNo BakRef_TID XRef_SchNm XRef_Match
"""
_LOAN = f"""
    {_COVER} {_OFFICE}
    Tran_ID Entity_Cd Lndr_NamL Lndr_NamF Lndr_NamT Lndr_NamS Loan_Adr1 Loan_Adr2 Loan_City Loan_ST Loan_Zip4
    Loan_Date1 Loan_Date2 Loan_Amt1 Loan_Amt2 Loan_Amt3 Loan_Amt4 Loan_Rate Loan_EMP Loan_OCC Loan_Self {_TREASURER}
    B2Lender_Name-Inter_name Intr_NamF Intr_NamT Intr_NamS Intr_Adr1 Intr_Adr2 Intr_City Intr_ST Intr_ZIP4
    Memo_Code Memo_RefNo BakRef_TID XRef_SchNm XRef_Match Loan_Amt5 Loan_Amt6 Loan_Amt7 Loan_Amt8
"""
_SUMMARY = f"{_COVER} {_OFFICE} Line_Item Amount_A Amount_B Amount_C"
_LATE_CONTRIBUTION = f"""
    {_COVER} Rec_Type Form_Type
    Tran_ID Entity_Cd Enty_NamL Enty_NamF Enty_NamT Enty_NamS Enty_Adr1 Enty_Adr2 Enty_City Enty_ST Enty_Zip4
    Ctrib_Emp Ctrib_Occ Ctrib_Self Elec_Date Ctrib_Date Date_Thru Amount Cmte_ID {_CANDIDATE} Office_Cd Offic_Dscr
    {_BALLOT} Memo_Code Memo_RefNo Rpt_ID_Num
"""
_LATE_EXPENDITURE = f"""
    {_COVER} Rec_Type Form_Type Tran_ID Amount Exp_Date Date_Thru Expn_Dscr Memo_Code Memo_RefNo Bal_Name Bal_Num
    Bal_Juris Sup_Opp_Cd {_CANDIDATE} Office_Cd Offic_Dscr Juris_Cd Juris_Dscr Dist_No Rpt_ID_Num
"""
_SHEETS = {
    "A-Contributions": _CONTRIBUTION,
    "C-Contributions": _CONTRIBUTION,
    "I-Contributions": _CONTRIBUTION,
    "F496P3-Contributions": _CONTRIBUTION,
    "F465P3-Expenditure": _EXPENDITURE,
    "F461P5-Expenditure": _MAJOR_DONOR,
    "D-Expenditure": _EXPENDITURE,
    "G-Expenditure": _EXPENDITURE,
    "E-Expenditure": _EXPENDITURE,
    "F-Expenses": _DEBT,
    "B1-Loans": _LOAN,
    "B2-Loans": _LOAN,
    "H-Loans": _LOAN,
    "Summary": _SUMMARY,
    "497": _LATE_CONTRIBUTION,
    "496": _LATE_EXPENDITURE,
}
SHEETS = {name: tuple(columns.split()) for name, columns in _SHEETS.items()}
SHEET_OF_FORM = {
    "A": "A-Contributions",
    "C": "C-Contributions",
    "I": "I-Contributions",
    "F496P3": "F496P3-Contributions",
    "D": "D-Expenditure",
    "G": "G-Expenditure",
    "E": "E-Expenditure",
    "F": "F-Expenses",
    "B1": "B1-Loans",
    "F497P1": "497",
    "F497P2": "497",
    "F496": "496",
}
